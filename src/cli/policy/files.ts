/** The scenario files that a command line names. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ScenarioFile } from '../../simulate/scenario/read.ts'
import { unreadable } from '../inspect/unreadable.ts'

/** Each file, and each YAML file of a folder in the order of their names. Throws for what cannot be read. */
export function scenarioFiles(given: readonly string[]): readonly ScenarioFile[] {
  return given.flatMap(filesOf).map((file) => ({ file, text: read(file) }))
}

function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path]
    const names = readdirSync(path).filter((name) => /\.ya?ml$/.test(name))
    return names.sort().map((name) => join(path, name))
  } catch (error) {
    throw unreadable(path, error, 'a scenario file, or a folder of them')
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error, 'a scenario file')
  }
}
