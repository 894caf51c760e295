/** Loaded before a test run (`--import`): writes the reasons that its tests see raised to the file NODEMEND_FIRED. */
import { subscribe } from 'node:diagnostics_channel'
import { appendFileSync } from 'node:fs'

const file = process.env.NODEMEND_FIRED
if (file) subscribe('nodemend:fired', (reason) => appendFileSync(file, `${String(reason)}\n`))
