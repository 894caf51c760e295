#!/usr/bin/env node
'use strict'
/* `node bin/run.cjs FILE.ts ARGS`: runs a script of this repository under Node 24, installing what is missing first. */
require('./boot.cjs').start(process.argv[2], process.argv.slice(3))
