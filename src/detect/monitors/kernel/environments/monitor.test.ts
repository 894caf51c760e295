import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { environments } from './monitor.ts'

const variables = (count: number): string => Array.from({ length: count }, (_, n) => `A_SERVICE_PORT_${n}=1\0`).join('')

describe('environments', () => {
  it('names the process with the most variables', async () => {
    const files = {
      'proc/1/environ': variables(20),
      'proc/77/environ': `${variables(1_000)}\0\0LAST=1`,
      'proc/77/comm': 'java\n',
      'proc/78/environ': variables(600),
      'proc/79/comm': 'kernel thread\n',
    }
    assert.deepEqual((await lookAt(environments, files)).levels, [
      'over LargeEnvironment: java (pid 77) has 1001 environment variables',
    ])
  })

  it('says nothing of usual processes, and counts no empty entry', async () => {
    assert.deepEqual((await lookAt(environments, { 'proc/1/environ': `${variables(899)}\0\0\0` })).levels, [])
  })
})
