#!/usr/bin/env node
import { destinationCommand } from '@godwit/agent';
import { startDestination } from './startDestination.js';

await destinationCommand(startDestination).name('godwit-dest').parseAsync();
