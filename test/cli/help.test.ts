/** `--help` of every command is a golden file: a changed flag shows in review. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from 'commander'
import { program, run } from '../../src/cli/run.ts'
import { checkGolden } from '../golden.ts'
import { testIo } from './io.ts'

for (const path of commandPaths(program(testIo()))) {
  test(`help: ${path.join(' ') || 'nodemend'}`, async () => {
    const io = testIo()
    assert.equal(await run([...path, '--help'], io), 0)
    checkGolden(`help/${['nodemend', ...path].join('-')}.txt`, io.printed.out)
  })
}

test('L17: an unknown command, option or value is one clear line with a code, and exit code 2', async () => {
  for (const args of [['clasify'], ['classify', '--outptu', 'json'], ['demo', '-o', 'xml'], ['rules', 'test']]) {
    const io = testIo()
    assert.equal(await run(args, io), 2, args.join(' '))
    assert.match(io.printed.err, /^nodemend: .+ \(NM_CLI_USAGE\)\n/)
  }
})

function commandPaths(command: Command, above: readonly string[] = []): string[][] {
  const below = command.commands.flatMap((one) => commandPaths(one, [...above, one.name()]))
  return [[...above], ...below]
}
