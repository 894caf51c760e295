/** Flags that several commands of `nodemend drill` take. */
import { InvalidArgumentError, Option } from 'commander'
import { usualLimits } from '../../drill/plan/choose-node.ts'
import { usualImage } from '../../drill/run/job.ts'

export function imageOption(): Option {
  return new Option('--image <IMAGE>', 'image of the Job’s pod: a shell and the small programs of Unix').default(
    usualImage,
  )
}

export function domainLabelOption(): Option {
  return new Option('--domain-label <KEY>', 'label whose values are the failure domains').default(
    usualLimits.domainLabel,
  )
}

export function perDomainOption(): Option {
  return new Option('--per-domain <N>', 'most nodes under drill at once in one failure domain')
    .argParser(countOf)
    .default(usualLimits.perDomain)
}

function countOf(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 1) return count
  throw new InvalidArgumentError('Write a count of 1 or more.')
}
