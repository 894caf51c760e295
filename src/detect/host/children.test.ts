import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../telemetry/clock.ts'
import { type ChildOutcome, type Command, systemChildren } from './children.ts'

const children = systemChildren('/', systemClock)

function script(text: string, more: Partial<Command> = {}): Command {
  return { name: text, file: 'sh', args: ['-c', text], deadlineMs: 10_000, mostBytes: 1_000, ...more }
}

function whyOf(outcome: ChildOutcome): string {
  return 'why' in outcome ? outcome.why : outcome.kind
}

describe('a host program', () => {
  it('returns its exit status and output', async () => {
    const outcome = await children.run(script('echo out; echo err >&2; exit 3'))
    assert.deepEqual(outcome, { kind: 'ended', status: 3, output: 'out\n', errors: 'err' })
  })

  it('is absent, not failed, when the machine does not have it', async () => {
    assert.equal((await children.run(script('', { file: '/nowhere/dcgmi' }))).kind, 'absent')
  })

  it('has failed, and is not absent, where the agent’s own image cannot run programs of the host', async () => {
    const contained = systemChildren('/host', systemClock, '/nowhere/chroot')
    const outcome = await contained.run(script('true'))
    assert.deepEqual(outcome, {
      kind: 'failed',
      why: 'no program of the host can be run: the agent’s image lacks chroot',
    })
  })

  it('is killed with its whole process group when it passes its deadline', async () => {
    const outcome = await children.run(script('sleep 60 & sleep 60', { deadlineMs: 50 }))
    assert.match(whyOf(outcome), /did not answer within 0\.05 s/)
    assert.equal(children.leftBehind, 0)
  })

  it('is killed when it exceeds its output limit', async () => {
    assert.match(whyOf(await children.run(script('yes'))), /wrote more than 1000 bytes/)
  })

  it('does not run twice at the same time', async () => {
    const first = children.run(script('sleep 0.1; echo done', { name: 'once' }))
    assert.match(whyOf(await children.run(script('echo', { name: 'once' }))), /an earlier once has not ended/)
    assert.equal((await first).kind, 'ended')
    assert.equal((await children.run(script('echo', { name: 'once' }))).kind, 'ended')
  })

  it('is followed until it ends or is stopped', async () => {
    const seen: string[] = []
    const ended = await new Promise<string>((resolve) => {
      children.follow({
        command: { name: 'follow', file: 'sh', args: ['-c', 'echo one; echo broken >&2; exit 2'] },
        onOutput: (chunk) => seen.push(chunk.toString('utf8')),
        onEnd: ({ why }) => resolve(why),
      })
    })
    assert.deepEqual(seen, ['one\n'])
    assert.equal(ended, 'follow ended with status 2: broken')
    const stop = children.follow({
      command: { name: 'forever', file: 'sleep', args: ['60'] },
      onOutput: () => undefined,
      onEnd: () => assert.fail('a stopped program must not report its end'),
    })
    stop()
  })
})
