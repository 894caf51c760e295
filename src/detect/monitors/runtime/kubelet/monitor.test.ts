import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../../host/network.ts'
import { looksAt } from '../../testing/look-at.ts'
import { kubelet } from './monitor.ts'

const node = { 'var/lib/kubelet/config.yaml': 'kind: KubeletConfiguration\n' }
const page = (status: string): Answer => ({ bytes: Buffer.from(`HTTP/1.1 ${status} X\r\n\r\n`) })
const refused: Answer = { refused: true }

async function seen(answers: readonly Answer[]) {
  const left = [...answers]
  const ask = (): Promise<Answer> => Promise.resolve(left.shift() ?? refused)
  const looks = await looksAt(kubelet, Array(answers.length).fill(node), 30_000, { loopback: { ask } })
  return looks.map(({ levels }) => levels)
}
const over = (what: string) => [`over KubeletNotAnswering: kubelet is not well: ${what}`]

describe('kubelet', () => {
  it('sees a failing health check, a kubelet that ended, one that hangs, and each recovery', async () => {
    const silent = { silent: 'did not answer within 5 s' }
    assert.deepEqual(await seen([page('200'), page('500'), page('200'), refused, silent, page('200')]), [
      [],
      over('its health check answers 500'),
      [],
      over('nothing listens on its health port'),
      over('its health port did not answer within 5 s'),
      [],
    ])
  })

  it('takes a port that never answered for switched off or yet to start', async () => {
    assert.deepEqual(await seen([refused, refused]), Array(2).fill(['kept KubeletNotAnswering']))
  })

  it('is absent where no kubelet has run, and on a saved copy', async () => {
    const [none, copy] = await looksAt(kubelet, [{}, node], 0)
    assert.match(none?.absent ?? '', /no kubelet/)
    assert.match(copy?.absent ?? '', /saved copy/)
  })
})
