/** The flag that says which providers a controller runs. */
import { InvalidArgumentError, Option } from 'commander'
import { type ProviderName, providerNames } from '../../providers/providers.ts'

/** On a real cluster; `embedded` deletes Node objects, which only the modelled machines of the demo survive. */
const usual: readonly ProviderName[] = ['karpenter']

/** `--providers karpenter`: names of {@link providerNames}, parted by commas. */
export function providersOption(description: string): Option {
  return new Option('--providers <NAMES>', `${description}; comma-separated: ${providerNames.join(', ')}`)
    .argParser(parse)
    .default(usual, usual.join())
}

function parse(text: string): readonly ProviderName[] {
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !isProvider(name))
  if (unknown.length > 0) {
    throw new InvalidArgumentError(
      `No provider is called "${unknown.join('" or "')}": ${providerNames.join(', ')} are.`,
    )
  }
  return [...new Set(names.filter(isProvider))]
}

function isProvider(name: string): name is ProviderName {
  return (providerNames as readonly string[]).includes(name)
}
