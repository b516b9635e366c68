// Reads {"simulations": [...], "policies": [...]} and writes {"decisions": [...], "errors": [...]}, in the same order.
import { validateIdentityPolicy, validateResourcePolicy, validateTrustPolicy } from '@cloud-copilot/iam-policy'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { text } from 'node:stream/consumers'

const VALIDATORS = { identity: validateIdentityPolicy, resource: validateResourcePolicy, trust: validateTrustPolicy }

const { simulations, policies } = JSON.parse(await text(process.stdin))
const decisions = []
for (const simulation of simulations) {
  const response = await runSimulation(simulation, {})
  decisions.push({ result: response.overallResult ?? 'Error', errors: response.errors ?? null, ignored: response.result?.ignoredContextKeys ?? [] })
}
const errors = policies.map(({ kind, document }) => VALIDATORS[kind](document))
process.stdout.write(JSON.stringify({ decisions, errors }))
