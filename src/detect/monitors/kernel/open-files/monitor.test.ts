import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { openFiles } from './monitor.ts'

const machine = (text: string) => ({ 'proc/sys/fs/file-nr': text })

describe('open files', () => {
  it('compares them with fs.file-max', async () => {
    assert.deepEqual((await lookAt(openFiles, machine('7100\t0\t10000\n'))).levels, [
      'over ApproachingMaxOpenFiles: 7100 open files are 71 % of fs.file-max (10000)',
    ])
    assert.match((await lookAt(openFiles, machine('6500\t0\t10000\n'))).levels[0] ?? '', /^held /)
    assert.deepEqual((await lookAt(openFiles, machine('6000\t0\t10000\n'))).levels, [])
  })

  it('is quiet where systemd has lifted the limit', async () => {
    const { state, levels } = await lookAt(openFiles, machine('61088\t0\t9223372036854775807\n'))
    assert.deepEqual([state, levels], ['checked', []])
  })

  it('is blind where the file has another format', async () => {
    for (const text of ['', '12\n', 'a\tb\tc\n', '1\t0\t0\n'])
      assert.equal((await lookAt(openFiles, machine(text))).state, 'blind', text)
  })
})
