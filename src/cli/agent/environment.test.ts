import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operatorEnvironment, secondStart, startMark } from './environment.ts'

test('the second start has the agent’s settings, except where the operator sets his own', () => {
  const env = secondStart({ PATH: '/bin', UV_THREADPOOL_SIZE: '9' })
  assert.equal(env.PATH, '/bin')
  assert.equal(env.UV_THREADPOOL_SIZE, '9')
  assert.equal(env.MALLOC_ARENA_MAX, '1')
  assert.ok(env[startMark])
})

test('no default CA store is read, whatever the operator sets for other programs', () => {
  assert.equal(secondStart({ SSL_CERT_FILE: '/etc/ssl/bundle.pem' }).SSL_CERT_FILE, '/dev/null')
})

test('a program that the agent starts gets the operator’s environment', () => {
  for (const given of [
    { PATH: '/bin' },
    { PATH: '/bin', SSL_CERT_FILE: '/etc/ssl/bundle.pem', MALLOC_ARENA_MAX: '4' },
  ]) {
    assert.deepEqual(operatorEnvironment(secondStart(given)), given)
    assert.deepEqual(operatorEnvironment(given), given)
  }
})
