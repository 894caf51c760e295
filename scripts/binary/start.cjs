'use strict'
/* First code of the single executable. The package's files are inside it; the bundle of the command is run from there. */
const { getAsset } = require('node:sea')
const { dirname } = require('node:path')
const { compileFunction } = require('node:vm')

const file = process.execPath
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

/** A bundle asks for parts of Node, and for other bundles beside it. */
function requireFrom(wanted) {
  return wanted.startsWith('./') ? load(wanted.slice(2)) : require(wanted)
}
requireFrom.cache = cache

// The agent is a bundle of its own, without command-line library, schemas and YAML parser.
const agent = process.argv[2] === 'agent' && !process.argv.includes('--help')
process.argv.splice(1, agent ? 2 : 1, file)
load(agent ? 'agent.cjs' : 'nodemend.cjs')
