'use strict'
/* First code of the single executable. The package's files are inside it; the bundle of the command is run from there. */
const { getAsset } = require('node:sea')
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs')
const { tmpdir } = require('node:os')
const { basename, dirname, join } = require('node:path')
const { compileFunction } = require('node:vm')

const file = process.execPath
const args = process.argv.slice(2)
/** Modules by the path that they would have beside the program: the agent forgets those that it needs once. */
const cache = {}

function load(name) {
  const path = `${dirname(file)}/${name}`
  if (cache[path]) return cache[path].exports
  const module = { exports: {}, children: [] }
  cache[path] = module
  const code = getAsset(`dist/${name}`, 'utf8')
  const run = compileFunction(code, ['exports', 'require', 'module'], { filename: path })
  run.call(module.exports, module.exports, requireFrom, module)
  return module.exports
}

/** A bundle asks for parts of Node, for other bundles beside it, and the one that asks NVML for koffi. */
function requireFrom(wanted) {
  if (wanted === 'koffi') return loadNative('koffi.node')
  return wanted.startsWith('./') ? load(wanted.slice(2)) : require(wanted)
}
requireFrom.cache = cache

/** The system's loader reads native code from a file only. In memory first, because the disk may be what is failing. */
function loadNative(name) {
  const failures = []
  for (const parent of ['/dev/shm', '/run', tmpdir()]) {
    let folder
    try {
      folder = mkdtempSync(join(parent, 'nodemend-'))
      const copy = join(folder, name)
      writeFileSync(copy, new Uint8Array(getAsset(name)), { mode: 0o700 })
      const module = { exports: {} }
      process.dlopen(module, copy)
      return module.exports
    } catch (error) {
      failures.push(`${parent}: ${error.message}`)
    } finally {
      if (folder) rmSync(folder, { recursive: true, force: true })
    }
  }
  throw new Error(`${name} cannot be loaded from any folder: ${failures.join('; ')}`)
}

/** The agent is a bundle of its own, without command-line library, schemas and YAML parser; so is its child that asks NVML. */
function programOf([first = '']) {
  if (first === 'agent' && !args.includes('--help')) return 'agent.cjs'
  return basename(first) === 'agent-nvml.cjs' ? 'agent-nvml.cjs' : undefined
}

const own = programOf(args)
process.argv.splice(1, own ? 2 : 1, file)
load(own || 'nodemend.cjs')
