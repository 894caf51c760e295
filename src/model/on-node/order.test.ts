import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { argumentsOf, exitStatuses, isPciAddress, isService, messageOf, outcomes, resultOf } from './order.ts'

test('a result survives its way through the message; what is long is cut to what kubelet keeps', () => {
  fc.assert(
    fc.property(fc.constantFrom(...outcomes), fc.string({ maxLength: 5_000, unit: 'binary' }), (outcome, why) => {
      const message = messageOf({ outcome, why })
      assert.ok(Buffer.byteLength(message) <= 4096, `${Buffer.byteLength(message)} bytes`)
      const read = resultOf(exitStatuses[outcome], message)
      assert.equal(read.outcome, outcome)
      assert.doesNotMatch(read.why, /[\p{Cc}\p{Cf}]/u)
    }),
  )
})

test('whatever stands in the message, the answer is one short line without characters that a terminal obeys', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -1, max: 255 }),
      fc.string({ maxLength: 10_000, unit: 'binary' }),
      (status, message) => {
        const { outcome, why } = resultOf(status, message)
        assert.ok(outcomes.includes(outcome) && why.length <= 1000)
        assert.doesNotMatch(why, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
      },
    ),
  )
  assert.deepEqual(resultOf(137), { outcome: 'failed', why: 'it ended with status 137 and said nothing' })
  assert.deepEqual(resultOf(0, '{"outcome":"refused","why":"x"}').outcome, 'done', 'the exit status decides')
})

test('arguments hold a verb, an identity of the closed lists, the boot and the time', () => {
  const order = { bootId: 'b', notAfter: 5 }
  const restart = argumentsOf({ ...order, task: { verb: 'restart-service', service: 'kubelet' } })
  assert.deepEqual(restart, ['restart-service', 'kubelet', '--boot-id=b', '--not-after=5'])
  const gpus = ['0000:3b:00.0', '0000:86:00.0']
  assert.deepEqual(argumentsOf({ ...order, task: { verb: 'reset-gpu', gpus } }).slice(0, 3), ['reset-gpu', ...gpus])
  assert.ok(['kubelet', 'container-runtime'].every(isService))
  assert.ok(!['sshd', 'kubelet.service', 'constructor', ''].some(isService))
  assert.ok(!['0000:3B:00.0', '3b:00.0', '0000:3b:00.0\n', '0000:3b:20.0', ' 0000:3b:00.0'].some(isPciAddress))
})
