/** Prints file and function sizes of our own source and fails when a limit is passed. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type FunctionSpan, functionsOf } from './functions.ts'
import { crowdedFolders, isTestFile, limits } from './limits.ts'

const root = join(import.meta.dirname, '..')
const folders = ['src', 'scripts', 'bench', 'test', 'deploy']

function main(): void {
  const files = folders.flatMap(sources).map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))
  const lengths = files.map(({ file, text }) => ({ file, lines: text.split('\n').length - 1 }))
  const functions: FunctionSpan[] = files
    .filter(({ file }) => !file.endsWith('.test.ts'))
    .flatMap(({ file, text }) => functionsOf(file, text))
  const fileLines = lengths.map((one) => one.lines).sort((a, b) => a - b)
  const functionLines = functions.map((one) => one.lines).sort((a, b) => a - b)
  const figures = {
    files: lengths.length,
    lines: sumOf(lengths),
    fileMedian: at(fileLines, 0.5),
    fileP90: at(fileLines, 0.9),
    fileMost: at(fileLines, 1),
    functions: functions.length,
    functionMedian: at(functionLines, 0.5),
    functionP90: at(functionLines, 0.9),
    functionP99: at(functionLines, 0.99),
    functionMost: at(functionLines, 1),
    kube: sumOf(lengths.filter(({ file }) => file.startsWith('src/kube/') && !isTestFile(file))),
    crowdedFolders: crowdedFolders(lengths.map(({ file }) => file)),
  }
  for (const one of longest(lengths, 8)) process.stdout.write(`${String(one.lines).padStart(5)}  ${one.file}\n`)
  for (const one of longest(functions, 8)) {
    process.stdout.write(`${String(one.lines).padStart(5)}  ${one.file}:${one.line} ${one.name}\n`)
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`)
  const broken =
    figures.fileMost > limits.fileMost ||
    figures.fileMedian > limits.fileMedian ||
    figures.functionP99 > limits.functionP99 ||
    figures.kube > limits.kubeMost ||
    figures.crowdedFolders.length > 0
  if (broken) process.stdout.write(`over the limits: ${JSON.stringify(limits)}\n`)
  process.exitCode = broken ? 1 : 0
}

function sources(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  } catch {
    return [] // the folder does not exist yet
  }
}

function sumOf(files: readonly { readonly lines: number }[]): number {
  return files.reduce((sum, { lines }) => sum + lines, 0)
}

function at(sorted: readonly number[], quantile: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0
}

function longest<T extends { readonly lines: number }>(rows: readonly T[], most: number): T[] {
  return [...rows].sort((a, b) => b.lines - a.lines).slice(0, most)
}

main()
