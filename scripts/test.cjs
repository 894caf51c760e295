'use strict'
/* `npm test`: installs what is missing, then runs scripts/test.ts under Node 24. */
require('../bin/boot.cjs').start('scripts/test.ts', process.argv.slice(2))
