#!/usr/bin/env node
import { sourceCommand } from '@godwit/agent';
import { startSource } from './startSource.js';

await sourceCommand(startSource).name('godwit-source').parseAsync();
