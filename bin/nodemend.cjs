#!/usr/bin/env node
'use strict'
/* The `nodemend` command: the bundle where there is one and no source beside it, else the source as it is. */
var fs = require('fs')
var path = require('path')
var boot = require('./boot.cjs')

var source = path.join('src', 'cli', 'main.ts')
var entry = fs.existsSync(path.join(boot.root, source)) ? source : path.join('dist', 'nodemend.cjs')
boot.start(entry, process.argv.slice(2))
