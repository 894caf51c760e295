/** What the shipped catalogue suggests: from the compiled file beside a bundle, from the YAML in a checkout. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type CompiledCatalogue, compiledVersion } from '../../catalog/compiled.ts'
import { compileShipped } from '../../catalog/shipped.ts'
import { suggestionsOf } from '../../catalog/suggestions.ts'
import type { Suggestions } from '../../model/action.ts'
import { catalogueFolder } from '../inspect/catalogue-folder.ts'

export function readSuggestions(programFile: string): Suggestions {
  const file = join(dirname(programFile), 'catalogue.json')
  if (existsSync(file)) {
    const compiled = JSON.parse(readFileSync(file, 'utf8')) as CompiledCatalogue // written by the build
    if (compiled.version === compiledVersion) return suggestionsOf(compiled)
  }
  return suggestionsOf(compileShipped(catalogueFolder(programFile)))
}
