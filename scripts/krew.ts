/**
 * `npm run krew -- ARCHIVE…`: writes deploy/krew/nodemend.yaml, the manifest with which krew installs `kubectl nodemend`. The
 * archives are those of a release, named `nodemend-linux-amd64.tar.gz` and `nodemend-linux-arm64.tar.gz`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { krewFile, krewManifest, krewPlatforms } from './krew/manifest.ts'

const archives = new Map(process.argv.slice(2).map((file) => [basename(file), readFileSync(file)]))
const missing = krewPlatforms.map(({ archive }) => archive).filter((name) => !archives.has(name))
if (archives.size > 0 && missing.length > 0) {
  process.stderr.write(`krew: ${missing.join(', ')} is missing: name every archive of the release\n`)
  process.exitCode = 2
} else {
  writeFileSync(join(import.meta.dirname, '..', krewFile), krewManifest(archives))
  process.stdout.write(`${krewFile}\n`)
}
