import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FlagError, parseAgentFlags } from './flags.ts'
import { agentOptions } from './options.ts'

const options = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  agentOptions(parseAgentFlags(args, env))

describe('the agent’s flags', () => {
  it('have the defaults that --help names', () => {
    assert.deepEqual(options([]), {
      hostRoot: '/',
      metricsAddress: ':8080',
      nodeHealth: true,
      npdConditions: false,
      stateFile: '/var/lib/nodemend/state.json',
      config: '/etc/nodemend/config.yaml',
      kmsg: '/dev/kmsg',
      acceptUserFacility: true,
      acceptOldLines: false,
      level: 'info',
    })
  })

  it('take their value after = or as the next word, and take precedence over the environment', () => {
    const env = { MY_NODE_NAME: 'from-env', HOST_ROOT: '/host' }
    const got = options(['--hostname-override=worker-1', '--rules', '/packs', '-v', '3'], env)
    assert.deepEqual([got.node, got.hostRoot, got.rules, got.level], ['worker-1', '/host', '/packs', 'debug'])
    assert.equal(options([], env).node, 'from-env')
  })

  it('treat an empty variable as unset', () => {
    assert.equal(options([], { MY_NODE_NAME: '', HOST_ROOT: '' }).hostRoot, '/')
  })

  it('may be switches', () => {
    assert.equal(options(['--accept-user-facility=false']).acceptUserFacility, false)
    assert.equal(options(['--accept-user-facility']).acceptUserFacility, true)
  })

  it('are refused with a remedy', () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [['--metric-address=:1'], /unknown argument --metric-address=:1; known are/],
      [['agent'], /unknown argument agent/],
      [['--rules'], /--rules needs a value: --rules=DIR/],
      [['--metrics-address=8080'], /write :PORT or HOST:PORT/],
      [['--metrics-address=:80800'], /not an address/],
      [['--accept-user-facility=maybe'], /must be true or false/],
      [['-v=high'], /--verbosity must be 0, 1, 2/],
    ]
    for (const [args, message] of wrong) {
      assert.throws(
        () => options(args),
        (error) => error instanceof FlagError && message.test(error.message),
        args.join(' '),
      )
    }
  })
})
