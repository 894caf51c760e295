#!/usr/bin/env node
'use strict'
/* `kubectl nodemend`: kubectl runs what is called kubectl-nodemend on the PATH. */
require('./nodemend.cjs')
