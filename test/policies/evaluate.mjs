// Decides requests with the policy evaluator iam-simulate, for the tests of this
// package: reads a JSON array of simulations from stdin and writes one verdict
// for each. The evaluator is where the first argument says, which is outside of
// this tree; nothing of it is part of the product.
import { createRequire } from 'node:module'
import { join } from 'node:path'

const installed = createRequire(join(process.argv[2], 'package.json'))
const { runSimulation } = installed('@cloud-copilot/iam-simulate')

let input = ''
process.stdin.setEncoding('utf8')
for await (const chunk of process.stdin) input += chunk

const verdicts = []
for (const simulation of JSON.parse(input)) {
  const answer = await runSimulation(simulation, { simulationMode: 'Strict' })
  if (answer.resultType === 'error') {
    verdicts.push({ error: JSON.stringify(answer.errors) })
    continue
  }
  const results = answer.resultType === 'single' ? [answer.result] : answer.results
  verdicts.push({
    result: answer.overallResult,
    ignored: results.flatMap((r) => r.ignoredContextKeys ?? [])
  })
}
process.stdout.write(JSON.stringify(verdicts))
