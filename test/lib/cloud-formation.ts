import { createServer, type RequestListener } from 'node:http'
import { onTestFinished } from 'vitest'

export const ACCOUNT = '123456789012'

/** CloudFormation as it answers DescribeStacks; says what it was asked, and when. */
export async function cloudFormation(answer: RequestListener) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      asked.push(new URLSearchParams(body).get('Action') ?? '')
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  return { asked, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}` }
}

export const stack =
  (outputs: Record<string, string>, account = ACCOUNT): RequestListener =>
  (_, response) => {
    const members = Object.entries(outputs).map(
      ([name, value]) =>
        `<member><OutputKey>${name}</OutputKey><OutputValue>${value.replaceAll('"', '&quot;')}</OutputValue></member>`,
    )
    response.setHeader('content-type', 'text/xml')
    response.end(`<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
      <Stacks><member><StackName>Lifesign-dev</StackName><StackStatus>UPDATE_COMPLETE</StackStatus>
      <CreationTime>2026-11-21T08:00:00Z</CreationTime>
      <StackId>arn:aws:cloudformation:us-east-1:${account}:stack/Lifesign-dev/1</StackId>
      <Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`)
  }
export const refused =
  (status: number, code: string, message: string): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/xml' })
    response.end(`<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type>
      <Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
  }

/** The environment of a program that asks it, and nothing else. */
export const asIn = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
})
