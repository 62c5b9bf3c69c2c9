// Decides requests with the policy evaluator iam-simulate, for the tests of this
// package: reads JSON from stdin, policy documents and simulations that name them
// by number, and writes one verdict for each simulation. The evaluator is where the
// first argument says, which is outside of this tree; nothing of it is part of the
// product.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const installed = createRequire(join(process.argv[2], 'package.json'))
const { runSimulation, runUnsafeSimulation } = installed('@cloud-copilot/iam-simulate')
const { createValidatedPolicy } = installed('@cloud-copilot/iam-policy')

let text = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) text += chunk
const input = JSON.parse(text)

const documents = input.documents.map((d) => JSON.parse(d))
const named = (numbers) => numbers.map((n) => ({ name: `p${n}`, policy: documents[n] }))

// What the evaluator says where AWS's data have no resource type, or no single one,
// for the resource of a request, or none for the action.
const unknown = ['no.resource.types', 'multiple.resource.types', 'must.use.wildcard']

// decide does not look at those data, which also is faster.
function decide(simulation) {
  const { resourcePolicy } = simulation
  if (resourcePolicy) {
    simulation = { ...simulation, resourcePolicy: createValidatedPolicy(resourcePolicy, () => [], { name: 'p' }) }
  }
  return runUnsafeSimulation(simulation, {})
}

async function verdict({ request, identity, boundary, ofResource, rcps, trusted }) {
  const simulation = {
    request,
    identityPolicies: named(identity),
    serviceControlPolicies: [],
    resourceControlPolicies: rcps.length > 0 ? [{ orgIdentifier: 'o-1', policies: named(rcps) }] : []
  }
  if (boundary.length > 0) simulation.permissionBoundaryPolicies = named(boundary)
  if (ofResource.length > 0) simulation.resourcePolicy = documents[ofResource[0]]
  if (trusted) return { result: decide(simulation) }
  const answer = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (answer.resultType === 'error') {
    if (unknown.includes(answer.errors.message)) {
      return { unknown: answer.errors.message, result: decide(simulation) }
    }
    return { error: JSON.stringify(answer.errors) }
  }
  const results = answer.resultType === 'single' ? [answer.result] : answer.results
  return {
    result: answer.overallResult,
    ignored: results.flatMap((r) => r.ignoredContextKeys ?? [])
  }
}

const verdicts = []
for (const s of input.simulations) verdicts.push(await verdict(s))
process.stdout.write(JSON.stringify(verdicts))
