#!/usr/bin/env node
import { checkPackage } from './check.mjs';

process.exitCode = (await checkPackage(process.cwd())) ? 0 : 1;
