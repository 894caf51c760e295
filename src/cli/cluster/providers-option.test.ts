import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Command, InvalidArgumentError } from 'commander'
import { providerNames } from '../../providers/providers.ts'
import { providersOption } from './providers-option.ts'

function parsed(...args: readonly string[]): unknown {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined })
  return command
    .addOption(providersOption('who'))
    .parse([...args], { from: 'user' })
    .opts().providers
}

test('without the flag nothing but Karpenter replaces nodes: never a provider that deletes Node objects', () => {
  assert.deepEqual(parsed(), ['karpenter'])
})

test('a comma list, in its own order, each once', () => {
  assert.deepEqual(parsed('--providers', 'embedded, karpenter,embedded'), ['embedded', 'karpenter'])
})

test('an unknown name is refused, with the known ones', () => {
  for (const [text, unknown] of [
    ['kapenter', 'kapenter'],
    ['karpenter,', ''],
    ['', ''],
  ] as const) {
    assert.throws(
      () => parsed('--providers', text),
      (error: Error) =>
        error.message.endsWith(`No provider is called "${unknown}": ${providerNames.join(', ')} are.`) &&
        !(error instanceof InvalidArgumentError),
    )
  }
})
