// An OpenID provider (oidc-provider) for the tests of sign-in, which can misbehave: what it does wrong is told it by POST /misbehave.
//   node provider.mjs REDIRECT_URI
// It prints its issuer, then serves until its standard input ends. Signing in is GET /interaction/UID?login=NAME: nobody is asked.
import http from 'node:http'
import { once } from 'node:events'
import * as jose from 'jose'

console.warn = console.error // the issuer alone goes to standard output
const { default: Provider } = await import('oidc-provider')

const [redirectURI] = process.argv.slice(2)
const pair = await jose.generateKeyPair('RS256', { extractable: true })
const stranger = await jose.generateKeyPair('RS256', { extractable: true })
const jwk = { ...(await jose.exportJWK(pair.privateKey)), kid: 'one', alg: 'RS256', use: 'sig' }

const server = http.createServer()
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const people = {
  ada: { email: 'ada@example.com', email_verified: true, name: 'Ada' },
  eve: { email: 'ada@example.com', email_verified: false, name: 'Eve' },
  ben: { email: 'ben@example.com', email_verified: true, name: 'Ben' },
}

const provider = new Provider(issuer, {
  clients: [{ client_id: 'mainstay', client_secret: 'a secret of the test', redirect_uris: [redirectURI], grant_types: ['authorization_code'], response_types: ['code'] }],
  jwks: { keys: [jwk] },
  conformIdTokenClaims: false,
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people[id] }) }),
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['only a test'] },
})

let how = ''
const change = {
  issuer: (c) => ({ ...c, iss: 'http://127.0.0.1:1' }),
  audience: (c) => ({ ...c, aud: 'somebody else' }),
  nonce: (c) => ({ ...c, nonce: 'another' }),
  expired: (c) => ({ ...c, iat: c.iat - 7200, exp: c.iat - 3600 }),
  subject: (c) => ({ ...c, sub: '' }),
}

// misbehaved is an identity token as a provider that does wrong would sign it.
async function misbehaved(token) {
  const claims = jose.decodeJwt(token)
  if (how === 'none') return new jose.UnsecuredJWT(claims).encode()
  if (how === 'stranger') return new jose.SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(stranger.privateKey)
  if (how === 'hs256') {
    const secret = new TextEncoder().encode(await jose.exportSPKI(pair.publicKey))
    return new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret)
  }
  return new jose.SignJWT((change[how] ?? ((c) => c))(claims)).setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(pair.privateKey)
}

provider.use(async (ctx, next) => {
  await next()
  if (ctx.path === '/token' && how && ctx.body?.id_token) ctx.body.id_token = await misbehaved(ctx.body.id_token)
})

const callback = provider.callback()
server.on('request', async (req, res) => {
  const url = new URL(req.url, issuer)
  if (url.pathname === '/misbehave') {
    how = url.searchParams.get('how') ?? ''
    return res.end('ok')
  }
  if (!url.pathname.startsWith('/interaction/')) return callback(req, res)
  try {
    const { prompt, params, session, grantId } = await provider.interactionDetails(req, res)
    if (prompt.name === 'login') {
      const login = /(?:^|; )login=([^;]*)/.exec(req.headers.cookie ?? '')?.[1] ?? 'ada'
      return await provider.interactionFinished(req, res, { login: { accountId: login } }, { mergeWithLastSubmission: false })
    }
    const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    return await provider.interactionFinished(req, res, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true })
  } catch (err) {
    res.statusCode = 500
    res.end(String(err))
  }
})

console.log(issuer)
process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
