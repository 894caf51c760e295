/** Can anybody replace this node? */
import { allow, type Gate, refuse } from '../gate.ts'

export const provider: Gate = {
  name: 'provider',
  ask({ candidate: { node, policy }, snapshot: { providers } }) {
    const named = policy.provider
    if (named === 'auto') {
      const [first] = node.providers
      return first
        ? allow(`${first} can replace it`)
        : refuse(`${running(providers)}, and none of them knows this node`, 'the node joins a pool of one of them')
    }
    if (!providers.includes(named)) {
      const change = `start the controller with ${named} in --providers, or change spec.provider of policy ${policy.name}`
      return refuse(`policy ${policy.name} names provider ${named}, but ${running(providers)}`, change)
    }
    return node.providers.includes(named)
      ? allow(`${named} can replace it`)
      : refuse(`provider ${named} does not know this node`, `set spec.provider of policy ${policy.name} to auto`)
  },
}

/** Which providers the controller runs, in words. */
export function running(providers: readonly string[]): string {
  return `this controller runs ${providers.length > 0 ? providers.join(' and ') : 'no provider'}`
}
