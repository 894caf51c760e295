import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readLines } from './lines.ts'

async function linesOf(chunks: readonly Uint8Array[]): Promise<string[]> {
  const lines: string[] = []
  for await (const line of readLines(stream(chunks))) lines.push(line)
  return lines
}

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

test('lines do not depend on where the chunks end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.stringMatching(/^[a-zé ]{0,8}$/)), fc.nat(7), async (lines, size) => {
      const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
      const step = size + 1
      const chunks = Array.from({ length: Math.ceil(bytes.length / step) }, (_, at) =>
        bytes.subarray(at * step, (at + 1) * step),
      )
      assert.deepEqual(await linesOf(chunks), lines)
    }),
  )
})

test('a last line without a newline counts, carriage returns do not', async () => {
  assert.deepEqual(await linesOf([Buffer.from('a\r\nb')]), ['a', 'b'])
  assert.deepEqual(await linesOf([Buffer.from('a\r\r\n\r\nb\rc\n')]), ['a', '', 'b\rc'])
})

test('an endless line is cut, and the next line is whole', async () => {
  const lines = await linesOf([Buffer.alloc(200_000, 'x'), Buffer.from('\nnext\n')])
  assert.equal(lines[0]?.length, 65_536)
  assert.equal(lines[1], 'next')
})
