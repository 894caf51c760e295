import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reboot } from '../reboot/reboot.ts'
import { powerCycle } from './powercycle.ts'

test('it goes as a reboot does: drained, sent once, proven by the new boot of the same node; its words are its own', () => {
  const { words, ...rest } = powerCycle
  const { words: others, ...same } = reboot
  assert.deepEqual(rest, same)
  assert.deepEqual([rest.drains, rest.endsMachine, rest.by, rest.traceable], [true, false, 'provider', false])
  const said = JSON.stringify([words.now.Acting('webhook', { kind: 'Node', name: 'a', uid: '' }), words.events])
  assert.doesNotMatch(said, /reboot/i)
  assert.notEqual(words.verb, others.verb)
})
