import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../../host/network.ts'
import { looksAt } from '../../testing/look-at.ts'
import { kubeProxy } from './monitor.ts'

const pod = { 'var/log/pods/kube-system_kube-proxy-4tz9b_71aa/kube-proxy/0.log': '' }
const refused: Answer = { refused: true }

/** The levels of one look for each answer of `/livez`; `/healthz` answers `healthz`. */
async function seen(answers: readonly (Answer | string)[], healthz = '200') {
  const left = [...answers]
  const page = (status: string): Answer => ({ bytes: Buffer.from(`HTTP/1.1 ${status} X\r\n\r\n`) })
  const ask = (_to: unknown, send: Uint8Array): Promise<Answer> => {
    const live = Buffer.from(send).toString().startsWith('GET /livez ')
    const answer = live ? (left.shift() ?? refused) : healthz
    return Promise.resolve(typeof answer === 'string' ? page(answer) : answer)
  }
  const looks = await looksAt(kubeProxy, Array(answers.length).fill(pod), 60_000, { loopback: { ask } })
  return looks.map(({ levels }) => levels)
}
const over = (what: string) => [`over KubeProxyNotReady: kube-proxy is not well: ${what}`]

describe('kube-proxy', () => {
  it('sees a failing health check, and its recovery', async () => {
    assert.deepEqual(await seen(['200', '503', '200']), [[], over('its health check answers 503'), []])
  })

  it('sees that it ended or hangs, once it has answered', async () => {
    assert.deepEqual(await seen(['200', refused]), [[], over('nothing listens on its health port')])
    const silent = { silent: 'did not answer within 5 s' }
    assert.deepEqual((await seen(['200', silent]))[1], over('its health port did not answer within 5 s'))
  })

  it('takes a port that never answers for switched off', async () => {
    assert.deepEqual(await seen([refused]), [['kept KubeProxyNotReady']])
  })

  it('asks /healthz of versions without /livez', async () => {
    assert.deepEqual(await seen(['404']), [[]])
    assert.deepEqual(await seen(['404'], '503'), [over('its health check answers 503')])
  })

  it('is absent where no such pod is, and on a saved copy', async () => {
    const [none, copy] = await looksAt(kubeProxy, [{}, pod], 0)
    assert.match(none?.absent ?? '', /no pod of kube-proxy/)
    assert.match(copy?.absent ?? '', /saved copy/)
  })
})
