/** The rules of the house, read from the source text: layers, circles, clock, packages, sizes. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import { crowdedFolders, isTestFile, limits } from '../scripts/limits.ts'
import { version } from '../src/telemetry/version.ts'
import { circlesIn } from './circles.ts'

const root = join(import.meta.dirname, '..')

/** Who may import whom: a file imports from its own layer's folder and from layers with a smaller number. */
const layers: Readonly<Record<string, number>> = {
  model: 0,
  telemetry: 1,
  catalog: 1,
  kube: 2,
  embedded: 3,
  detect: 4,
  providers: 4,
  'on-node': 5,
  repair: 5,
  drill: 6,
  simulate: 6,
  cli: 7,
}

/** Packages that a layer may load at run time. `await import()` counts too. */
const packages: Readonly<Record<string, readonly string[]>> = {
  model: [],
  telemetry: [],
  catalog: ['re2js', 'yaml', 'zod'],
  kube: ['yaml', '@kubernetes/client-node'],
  embedded: ['yaml'],
  detect: ['koffi', 're2js', 'yaml', 'zod'],
  providers: ['@aws-sdk/client-auto-scaling', '@aws-sdk/client-ec2', '@aws-sdk/client-eks'],
  repair: ['re2js', 'zod'],
  simulate: ['yaml', 'zod'],
  drill: ['zod'],
  cli: ['commander', 'yaml', 'esbuild', '@aws-sdk/client-eks'],
}

interface Import {
  readonly file: string
  readonly layer: string
  readonly target: string
  readonly typeOnly: boolean
}

test('every folder of src has its place among the layers: imports of one without are not judged', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  assert.deepEqual(folders.map((entry) => entry.name).sort(), Object.keys(layers).sort())
})

test('a file imports only from its own layer and from layers to its left', () => {
  const wrong = sourceImports().filter(({ file, layer, target }) => {
    if (!target.startsWith('.')) return false
    const to = layerOf(normalize(join(dirname(file), target)))
    return to !== layer && (layers[to] ?? -1) >= (layers[layer] ?? 99)
  })
  const remedy = 'a test that needs a layer to the right lies in that layer: a provider in a whole world in src/repair/'
  assert.deepEqual(wrong.map(sentence), [], [...wrong.map(sentence), remedy].join('\n'))
})

/** What only tests need lies in a folder of this name, beside the code that it serves. */
const isTestSupport = (file: string): boolean => file.includes('/testing/')
const isTest = (file: string): boolean => file.endsWith('.test.ts')

test('the product imports no tests and no test support', () => {
  const wrong = sourceImports()
    .filter(({ file }) => !isTest(file) && !isTestSupport(file))
    .filter(({ file, target }) => {
      const to = normalize(join(dirname(file), target))
      return target.startsWith('.') && (isTest(to) || isTestSupport(to))
    })
  assert.deepEqual(wrong.map(sentence), [])
})

test('what no program imports is a test, or test support in a folder testing/', () => {
  const imports = Map.groupBy(sourceImports(), ({ file }) => file)
  const reached = new Set(['src/cli/main.ts', 'src/cli/agent/main.ts', 'src/detect/nvml/main.ts'])
  for (const file of reached) {
    for (const { target } of imports.get(file) ?? []) {
      if (target.startsWith('.')) reached.add(normalize(join(dirname(file), target)))
    }
  }
  const wrong = files('src').filter((file) => !reached.has(file) && !isTest(file) && !isTestSupport(file))
  assert.deepEqual(wrong, [])
})

test('the embedded API server is reached by the demo, by drills, by the simulator and by tests alone', () => {
  const allowed = ['src/embedded/', 'src/cli/demo/', 'src/drill/', 'src/simulate/']
  const wrong = sourceImports()
    .filter(({ file }) => !isTest(file) && !isTestSupport(file) && !allowed.some((folder) => file.startsWith(folder)))
    .filter(({ file, target }) => normalize(join(dirname(file), target)).startsWith('src/embedded/'))
  assert.deepEqual(wrong.map(sentence), [])
})

test('decide imports nothing but the model', () => {
  const wrong = sourceImports()
    .filter(({ file }) => file.startsWith('src/repair/decide/') && !file.endsWith('.test.ts'))
    .filter(({ file, target }) => {
      const to = normalize(join(dirname(file), target))
      return !to.startsWith('src/model/') && !to.startsWith('src/repair/decide/')
    })
  assert.deepEqual(wrong.map(sentence), [])
})

test('a layer loads only the packages on its list', () => {
  const wrong = sourceImports().filter(({ layer, target, typeOnly, file }) => {
    if (typeOnly || target.startsWith('.') || target.startsWith('node:') || file.endsWith('.test.ts')) return false
    return !(packages[layer] ?? []).includes(packageOf(target))
  })
  assert.deepEqual(wrong.map(sentence), [])
})

test('time and randomness are asked for in telemetry/clock.ts alone', () => {
  const forbidden = /\b(Date\.now|new Date\(\)|setTimeout|setInterval|Math\.random|performance\.now)\b/
  const wrong = files('src')
    .filter((file) => file !== 'src/telemetry/clock.ts' && !file.endsWith('.test.ts'))
    .flatMap((file) =>
      linesOf(file)
        .filter((line) => forbidden.test(line))
        .map((line) => `${file}: ${line.trim()}`),
    )
  assert.deepEqual(wrong, [])
})

test('the environment is read in cli alone', () => {
  const wrong = files('src')
    .filter((file) => !file.startsWith('src/cli/') && !file.endsWith('.test.ts'))
    .filter((file) => linesOf(file).some((line) => /\bprocess\.env\b/.test(line)))
  assert.deepEqual(wrong, [])
})

test('no file is called utils, helpers, manager or common', () => {
  const wrong = ownFiles().filter((file) => /(^|[/-])(utils?|helpers?|managers?|common)(\.|-|\/)/.test(file))
  assert.deepEqual(wrong, [])
})

test('files of src import each other in no circle, types included', () => {
  const byFile = Map.groupBy(sourceImports(), ({ file }) => file)
  const graph = new Map(
    [...byFile].map(([file, imports]) => [
      file,
      imports.flatMap(({ target }) => (target.startsWith('.') ? [normalize(join(dirname(file), target))] : [])),
    ]),
  )
  const circles = circlesIn(graph)
  const remedy = 'move what both need, usually a type, to a file of its own'
  assert.deepEqual(circles, [], [...circles, remedy].join('\n'))
})

test('a circle is found through any number of files, and named once', () => {
  const graph = new Map([
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['a', ['b', 'e']],
    ['d', ['b']],
    ['e', ['e', 'f']],
  ])
  assert.deepEqual(circlesIn(graph), ['a → b → c → a', 'b → d → b', 'e → e'])
})

test('every import of a type counts as an import', () => {
  const text = "import { type A, b } from './a.ts'\nimport type { C } from './c.ts'\nexport type { D } from './d.ts'\n"
  const inline = "type E = import('./e.ts').E\n"
  const targets = importsIn(`${text}${inline}`).map(({ target }) => target)
  assert.deepEqual(targets, ['./a.ts', './c.ts', './d.ts', './e.ts'])
})

test(`no file has more than ${limits.fileMost} lines`, () => {
  const wrong = ownFiles().filter((file) => linesOf(file).length - 1 > limits.fileMost)
  assert.deepEqual(wrong, [])
})

test(`no folder has more than ${limits.folderMost} source files side by side`, () => {
  assert.deepEqual(crowdedFolders(ownFiles()), [], 'give what belongs together a folder of its own')
})

test(`the Kubernetes client has at most ${limits.kubeMost} lines`, () => {
  const lengths = files('src/kube')
    .filter((file) => !isTestFile(file))
    .map((file) => linesOf(file).length - 1)
  const lines = lengths.reduce((sum, length) => sum + length, 0)
  assert.ok(lines <= limits.kubeMost, `${lines} lines: see docs/adr/0008-own-kubernetes-client.md`)
})

test('the version is the one of package.json', () => {
  const { version: published } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  assert.equal(version, published)
})

function sourceImports(): Import[] {
  return files('src').flatMap((file) => {
    const layer = layerOf(file)
    return importsIn(readFileSync(join(root, file), 'utf8')).map((one) => ({ file, layer, ...one }))
  })
}

function importsIn(text: string): Pick<Import, 'target' | 'typeOnly'>[] {
  const statement = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?(?:[^'"();]*?\sfrom\s+)?['"]([^'"]+)['"]/g
  const dynamic = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g
  const fixed = [...text.matchAll(statement)].map(([, typeOnly, target = '']) => ({
    target,
    typeOnly: Boolean(typeOnly),
  }))
  const lazy = [...text.matchAll(dynamic)].map(([, target = '']) => ({ target, typeOnly: false }))
  return [...fixed, ...lazy]
}

function ownFiles(): string[] {
  return ['src', 'test', 'bench', 'scripts', 'deploy'].flatMap(files)
}

function layerOf(file: string): string {
  return file.split('/')[1] ?? ''
}

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

function sentence({ file, target }: Import): string {
  return `${file} imports ${target}`
}

function files(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  } catch {
    return [] // a folder that does not exist yet has no files
  }
}

function linesOf(file: string): string[] {
  return readFileSync(join(root, file), 'utf8').split('\n')
}
