/** Can anybody replace this node? */
import { allow, type Gate, refuse } from '../gate.ts'

export const provider: Gate = {
  name: 'provider',
  ask({ candidate: { node, policy } }) {
    if (policy.provider === 'auto') {
      const [first] = node.providers
      return first
        ? allow(`${first} can replace it`)
        : refuse('no provider knows this node', 'a node of a Karpenter NodePool, or a policy with action NoAction')
    }
    return node.providers.includes(policy.provider)
      ? allow(`${policy.provider} can replace it`)
      : refuse(
          `provider ${policy.provider} does not know this node`,
          `set spec.provider of policy ${policy.name} to auto`,
        )
  },
}
