import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Answer } from '../../../host/network.ts'
import { lookAt, looksAt } from '../../testing/look-at.ts'
import { resolver } from './monitor.ts'

const conf = (text: string) => ({ 'etc/resolv.conf': text })

describe('resolver', () => {
  it('sees that no server is named', async () => {
    const text = 'over ResolverMisconfigured: /etc/resolv.conf names no server'
    assert.deepEqual((await lookAt(resolver, conf('# nameserver 10.0.0.2\nsearch example.org\n'))).levels, [text])
    assert.deepEqual(
      (await lookAt(resolver, conf('nameserver 10.0.0.2 # ours\nnameserver\tfe80::1%eth0\n'))).levels,
      [],
    )
  })

  it('sees a local server that does not answer any more, and asks no other', async () => {
    const answers: Answer[] = [{ bytes: Buffer.of(0, 12) }, { refused: true }, { silent: 'did not answer within 5 s' }]
    const asked: string[] = []
    const ask = ({ address, port }: { readonly address: string; readonly port: number }): Promise<Answer> => {
      asked.push(`${address}:${port}`)
      return Promise.resolve(answers[asked.length - 1] ?? { refused: true })
    }
    const file = conf('nameserver 127.0.0.53\nnameserver 10.0.0.2\n')
    const looks = await looksAt(resolver, [file, file, file], 60_000, { loopback: { ask } })
    assert.deepEqual(
      looks.map(({ levels }) => levels),
      [
        [],
        ['over DNSNotAnswering: the local name server is not well: nothing listens on port 53 on 127.0.0.53'],
        ['over DNSNotAnswering: the local name server is not well: did not answer within 5 s on 127.0.0.53'],
      ],
    )
    assert.deepEqual(new Set(asked), new Set(['127.0.0.53:53']))
  })

  it('takes a server that never answered over TCP for one that cannot', async () => {
    const loopback = { ask: (): Promise<Answer> => Promise.resolve({ refused: true }) }
    assert.deepEqual((await lookAt(resolver, conf('nameserver 127.0.0.1\n'), { loopback })).levels, [
      'kept DNSNotAnswering on 127.0.0.1',
    ])
  })

  it('is absent without the file', async () => {
    assert.match((await lookAt(resolver, {})).absent ?? '', /resolv.conf/)
  })
})
