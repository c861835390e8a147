#!/usr/bin/env node
import { hostCommand } from '@godwit/agent';
import { startHost } from './startHost.js';

await hostCommand(startHost).name('godwit-host').parseAsync();
