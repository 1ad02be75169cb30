'use strict'

// The page of hosted sign-in. It is one document whose sections are its views; everything that it does goes through the public Auth API (v1 beside it).
// A session is kept in this tab; what a mail's link needs to end the flow in this browser (PKCE, RFC 7636) is kept by the flow's name until it is used.
;(() => {
  const $ = id => document.getElementById(id)
  const { title, home, target, challenge: theirs, riddle, riddleKey, key, factors: offered } = document.body.dataset
  if (new URL(home).origin !== location.origin) return location.replace(home + location.search)
  const api = new URL('v1/', home)
  let query = new URLSearchParams(location.search)
  let settings, pending, app

  // ---- the reader's language ----

  // The words of the page are English, and the names of what they are in others (words.json). t gives a text in the reader's language, with values for {0}, {1} …
  const tongue = navigator.languages.map(l => l.split('-')[0].toLowerCase()).find(l => l === 'en' || mainstayWords[l])
  const dictionary = mainstayWords[tongue] || {}
  const t = (text, ...values) => (dictionary[text] || text).replace(/\{(\d)\}/g, (_, n) => values[n])

  function translate() {
    if (!tongue || tongue === 'en') return
    document.documentElement.lang = tongue
    const texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const node = texts.currentNode
      const text = node.data.trim()
      if (dictionary[text]) node.data = node.data.replace(text, () => dictionary[text])
    }
    document.querySelectorAll('[alt]').forEach(e => { e.alt = t(e.alt) })
  }

  // ---- the wire ----

  class Refused extends Error {
    constructor(status, body) {
      super(body.message || body.msg || body.error_description || t('The server cannot answer now. Try again.'))
      this.status = status
      this.code = body.code || body.error_code || ''
      this.reasons = body.weak_password?.reasons || []
    }
  }

  async function call(method, path, body, token) {
    const headers = { apikey: key, 'X-Supabase-Api-Version': '2024-01-01' }
    if (token) headers.Authorization = 'Bearer ' + token
    if (body) headers['Content-Type'] = 'application/json'
    let answer
    try {
      answer = await fetch(new URL(path, api), { method, headers, body: body && JSON.stringify(body), credentials: 'omit', cache: 'no-store' })
    } catch {
      throw new Refused(0, { message: t('The server cannot be reached. Try again.') })
    }
    const text = await answer.text()
    let data = {}
    try { data = text ? JSON.parse(text) : {} } catch { /* told by its status */ }
    if (!answer.ok) throw new Refused(answer.status, data)
    return data
  }

  // ---- the riddle that only people solve ----

  // Its answer is good once. solved waits for one while the user is at it.
  let solution, solving, unloaded, widget
  window.mainstayRiddle = () => {
    widget = window[riddle].render($('riddle'), {
      sitekey: riddleKey, callback: answer => { solution = answer; solving?.(); solving = null }, 'expired-callback': () => { solution = '' },
    })
  }
  $('riddle-script')?.addEventListener('error', () => { unloaded = true })

  async function solved() {
    if (!solution && unloaded) throw new Refused(0, { message: t('What checks that you are a person cannot be loaded. Try again.') })
    if (!solution) {
      say('', t('Show first that you are a person.'))
      await new Promise(done => { solving = done })
      say('')
    }
    const answer = solution
    solution = ''
    window[riddle].reset(widget)
    return { gotrue_meta_security: { captcha_token: answer } }
  }

  // asking is call for what only people may ask.
  const asking = async (method, path, body) => call(method, path, riddle ? { ...body, ...await solved() } : body)

  // ---- the session of this tab ----

  const place = 'mainstay-session'
  let session = JSON.parse(sessionStorage.getItem(place) || 'null')

  function keep(next) {
    session = next
    if (next) sessionStorage.setItem(place, JSON.stringify(next))
    else sessionStorage.removeItem(place)
  }

  // as calls for the signed-in user, with a token that is fresh. A body may be made of the session that is fresh, too.
  async function as(method, path, body) {
    if (session.expires_at - Date.now() / 1000 < 30) keep(await call('POST', 'token?grant_type=refresh_token', { refresh_token: session.refresh_token }))
    try {
      return await call(method, path, typeof body === 'function' ? body() : body, session.access_token)
    } catch (e) {
      if (['session_not_found', 'user_not_found', 'bad_jwt', 'refresh_token_not_found', 'refresh_token_already_used'].includes(e.code)) {
        keep(null)
        show('sign-in')
      }
      throw e
    }
  }

  const claims = () => JSON.parse(new TextDecoder().decode(bytes(session.access_token.split('.')[1])))

  // ---- bytes ----

  const text64 = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
  const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), c => c.charCodeAt(0))

  // ---- flows that end in this browser ----

  const flowPlace = 'mainstay-flow:'
  const flowLife = 24 * 60 * 60 * 1000

  // flow begins one: it gives its challenge, and the address that its link comes back to.
  async function flow(next) {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(flowPlace) && !(JSON.parse(localStorage.getItem(name)).at > Date.now() - flowLife)) localStorage.removeItem(name)
    }
    const id = text64(crypto.getRandomValues(new Uint8Array(12)))
    const verifier = text64(crypto.getRandomValues(new Uint8Array(32)))
    localStorage.setItem(flowPlace + id, JSON.stringify({ verifier, at: Date.now() }))
    const back = new URL(home)
    back.searchParams.set('flow', id)
    if (next) back.searchParams.set('view', next)
    for (const name of ['redirect_to', 'code_challenge', 'code_challenge_method', 'authorization_id']) if (query.has(name)) back.searchParams.set(name, query.get(name))
    return {
      id, back: back.href, code_challenge_method: 's256',
      code_challenge: text64(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
    }
  }

  const to = (path, f) => path + '?redirect_to=' + encodeURIComponent(f.back)
  const challenge = ({ code_challenge, code_challenge_method }) => ({ code_challenge, code_challenge_method })

  // mailed sends a request whose answer comes by mail, with a flow that its link ends.
  async function mailed(path, body, next) {
    const f = await flow(next)
    try {
      return await asking('POST', to(path, f), { ...body, ...challenge(f) })
    } catch (e) {
      localStorage.removeItem(flowPlace + f.id)
      throw e
    }
  }

  // ---- views ----

  const names = new Map()
  for (const s of document.querySelectorAll('section')) names.set(s.id.slice('view-'.length), s)

  const riddled = ['sign-in', 'sign-up', 'link', 'phone', 'recover', 'code']

  function show(name) {
    say('')
    for (const [n, s] of names) s.hidden = n !== name
    $('riddle').hidden = !riddle || !riddled.includes(name)
    // Secrets that were shown once are nowhere in the page when it shows something else.
    if (name !== 'codes') $('codes').replaceChildren()
    if (name !== 'app') {
      $('app-key').textContent = ''
      $('app-qr').removeAttribute('src')
    }
    const heading = names.get(name).querySelector('h1')
    document.title = heading.textContent + ' – ' + title
    names.get(name).querySelectorAll('input').forEach(i => { if (i.type !== 'email' && i.type !== 'radio') i.value = '' })
    heading.focus()
  }

  function say(error, status = '') {
    $('error').textContent = error
    $('status').textContent = status
    document.querySelectorAll('[aria-invalid]').forEach(i => { i.removeAttribute('aria-invalid'); i.removeAttribute('aria-errormessage') })
  }

  function stop(text) {
    $('stop-text').textContent = text
    show('stop')
    say(text)
  }

  const inWords = {
    invalid_credentials: t('The address or the password is wrong.'),
    phone_not_confirmed: t('The number has not been confirmed yet.'),
    over_sms_send_rate_limit: t('That was a message a moment ago. Wait a little and try again.'),
    email_not_confirmed: t('The address has not been confirmed yet. Open the link of the mail that we sent you.'),
    otp_expired: t('The code or link is wrong, has been used or is too old.'),
    user_banned: t('This account is closed.'),
    over_email_send_rate_limit: t('That was a mail a moment ago. Wait a little and try again.'),
    over_request_rate_limit: t('That was tried too often. Wait a little and try again.'),
    signup_disabled: t('Nobody can create an account here.'),
    user_already_exists: t('There is an account with this address.'),
    same_password: t('This is the password that you have.'),
    mfa_verification_failed: t('That was not right. Try again.'),
    webauthn_verification_failed: t('The passkey was not accepted.'),
    oauth_authorization_not_found: t('This request is too old, or somebody else\u2019s. Go back to the program and begin again.'),
  }
  const passwordWords = { length: t('It is too short.'), characters: t('Other kinds of characters are missing.'), pwned: t('Others know it: it is on lists that are tried first.') }

  function words(e) {
    if (e.code === 'weak_password') return t('Choose another password.') + ' ' + (e.reasons.map(r => passwordWords[r]).join(' ') || e.message)
    return inWords[e.code] || e.message
  }

  // act does what a button or form is for: once at a time, with what went wrong said where it was done.
  async function act(button, fields, f) {
    if (button.getAttribute('aria-busy') === 'true') return
    button.setAttribute('aria-busy', 'true')
    say('')
    try {
      await f()
    } catch (e) {
      if (e.name === 'NotAllowedError' || e.name === 'AbortError') say(t('It was cancelled, or took too long.'))
      else say(words(e))
      const bad = fields && fields.find(i => i.type === 'password' || i.inputMode === 'numeric')
      if (bad && e instanceof Refused && e.status >= 400 && e.status < 500) {
        bad.setAttribute('aria-invalid', 'true')
        bad.setAttribute('aria-errormessage', 'error')
        bad.focus()
      }
    } finally {
      button.removeAttribute('aria-busy')
    }
  }

  function form(id, f) {
    $(id).addEventListener('submit', event => {
      event.preventDefault()
      const fields = [...event.target.querySelectorAll('input')]
      act(event.target.querySelector('button.main'), fields, () => f(Object.fromEntries(new FormData(event.target))))
    })
  }

  const press = (button, f) => button.addEventListener('click', () => act(button, null, f))

  // ---- from one to the next ----

  // arrived goes on with a session: to the second step where one is missing, then to what the user came for.
  async function arrived(next, view) {
    keep(next)
    const proved = (session.user.factors || []).filter(f => f.status === 'verified').sort((a, b) => (a.factor_type === 'recovery_code') - (b.factor_type === 'recovery_code'))
    if (proved.length && claims().aal !== 'aal2') return second(proved, view)
    if (view === 'password') return show('password')
    if (query.has('authorization_id')) return consent()
    if (target) return await handOver()
    return account()
  }

  // handOver gives the session to the site that sent the user here, and keeps none: two holders of one refresh token would end it. A site with a challenge gets a code that it
  // alone exchanges; any other the tokens in the fragment, as from the links of mails.
  async function handOver() {
    if (theirs) {
      const { redirect_url } = await as('POST', 'handover', () => ({ redirect_to: target, refresh_token: session.refresh_token, code_challenge: theirs, code_challenge_method: 's256' }))
      keep(null)
      return location.replace(redirect_url)
    }
    const { access_token, expires_at, expires_in, refresh_token } = session
    keep(null)
    location.replace(target.split('#')[0] + '#' + new URLSearchParams({ access_token, expires_at, expires_in, refresh_token, token_type: 'bearer' }))
  }

  // look asks for the code of a message: to is the address, or the number, that it went to.
  function look(kind, to, again) {
    const phone = kind === 'sms'
    pending = { kind, to: phone ? { phone: to } : { email: to }, again, view: kind === 'recovery' ? 'password' : '' }
    $('code-title').textContent = phone ? t('Look at your telephone') : t('Look into your mail')
    $('code-label').textContent = phone ? t('Code of the message') : t('Code of the mail')
    show('code')
    $('code-text').textContent = phone ? t('If {0} can be used here, a text message is on its way. Type its code.', to)
      : t('If {0} can be used here, a mail is on its way. Open its link in this browser, or type its code.', to)
  }

  form('form-sign-in', async v => arrived(await asking('POST', 'token?grant_type=password', v)))

  form('form-sign-up', async v => {
    const answer = await mailed('signup', v)
    if (answer.access_token) return arrived(answer)
    look('signup', v.email, () => mailed('resend', { type: 'signup', email: v.email }))
  })

  form('form-link', async ({ email }) => {
    const send = () => mailed('otp', { email, create_user: !settings.disable_signup })
    await send()
    look('email', email, send)
  })

  form('form-recover', async ({ email }) => {
    const send = () => mailed('recover', { email }, 'password')
    await send()
    look('recovery', email, send)
  })

  form('form-phone', async ({ phone }) => {
    const send = () => asking('POST', 'otp', { phone, create_user: !settings.disable_signup })
    await send()
    look('sms', phone, send)
  })

  form('form-code', async ({ token }) => {
    const { to, kind, view } = pending
    await arrived(await call('POST', 'verify', { ...to, token: token.trim(), type: kind }), view)
  })

  press($('resend'), async () => {
    await pending.again()
    say('', t('It is sent again.'))
  })

  form('form-password', async ({ password }) => {
    await as('PUT', 'user', { password })
    query.delete('view')
    await arrived(session)
    say('', t('The password is saved.'))
  })

  // ---- WebAuthn ----

  const listed = list => (list || []).map(c => ({ ...c, id: bytes(c.id) }))

  async function create(o) {
    const c = await navigator.credentials.create({
      publicKey: { ...o, challenge: bytes(o.challenge), user: { ...o.user, id: bytes(o.user.id) }, excludeCredentials: listed(o.excludeCredentials) },
    })
    return answerOf(c, {
      attestationObject: text64(c.response.attestationObject), transports: c.response.getTransports?.() || [],
    })
  }

  async function ask(o) {
    const c = await navigator.credentials.get({ publicKey: { ...o, challenge: bytes(o.challenge), allowCredentials: listed(o.allowCredentials) } })
    return answerOf(c, {
      authenticatorData: text64(c.response.authenticatorData), signature: text64(c.response.signature), userHandle: c.response.userHandle ? text64(c.response.userHandle) : undefined,
    })
  }

  const answerOf = (c, response) => ({
    id: c.id, rawId: text64(c.rawId), type: c.type, authenticatorAttachment: c.authenticatorAttachment || undefined, clientExtensionResults: c.getClientExtensionResults(),
    response: { clientDataJSON: text64(c.response.clientDataJSON), ...response },
  })

  press($('passkey-sign-in'), async () => {
    const asked = await call('POST', 'passkeys/authentication/options', {})
    const credential = await ask(asked.options)
    await arrived(await call('POST', 'passkeys/authentication/verify', { challenge_id: asked.challenge_id, credential }))
  })

  press($('passkey-add'), async () => {
    const asked = await as('POST', 'passkeys/registration/options', {})
    const credential = await create(asked.options)
    await as('POST', 'passkeys/registration/verify', { challenge_id: asked.challenge_id, credential })
    await account()
    say('', t('The passkey is added.'))
  })

  // prove answers a challenge of a factor; code is needed of those that have one.
  async function prove(factor, code, asked) {
    if (factor.factor_type === 'recovery_code') return as('POST', 'factors/recovery-codes/verify', { code: code.trim() })
    asked ||= await as('POST', 'factors/' + factor.id + '/challenge', {})
    const body = { challenge_id: asked.id }
    if (asked.webauthn) {
      const { type, credential_options: { publicKey } } = asked.webauthn
      body.webauthn = { type, credential_response: type === 'create' ? await create(publicKey) : await ask(publicKey) }
    } else body.code = code.trim()
    return as('POST', 'factors/' + factor.id + '/verify', body)
  }

  // ---- the second step ----

  const kinds = { totp: t('Authenticator app'), webauthn: t('Security key'), phone: t('Text message'), recovery_code: t('Recovery code') }
  const nameOf = f => f.factor_type === 'phone' ? kinds.phone + (f.phone ? ' (' + f.phone + ')' : '') : f.friendly_name || kinds[f.factor_type] || f.factor_type
  let chosen, sentTo, afterSecond

  function second(factors, view) {
    afterSecond = view
    show('factor')
    $('factors').querySelectorAll('label').forEach(l => l.remove())
    factors.forEach((f, i) => {
      const label = document.createElement('label')
      const radio = document.createElement('input')
      label.className = 'choice'
      Object.assign(radio, { type: 'radio', name: 'factor', value: f.id, checked: i === 0 })
      radio.addEventListener('change', () => choose(f))
      label.append(radio, ' ' + nameOf(f))
      $('factors').append(label)
    })
    choose(factors[0])
  }

  function choose(f) {
    chosen = f
    sentTo = null
    const typed = f.factor_type === 'totp' || f.factor_type === 'recovery_code'
    $('factor-code-part').hidden = !typed
    $('factor-code').required = typed
    $('factor-code').inputMode = f.factor_type === 'recovery_code' ? 'text' : 'numeric'
    $('factor-code').autocomplete = f.factor_type === 'recovery_code' ? 'off' : 'one-time-code'
    $('factor-go').textContent = { webauthn: t('Use the security key'), phone: t('Send the code') }[f.factor_type] || t('Continue')
  }

  form('form-factor', async ({ code }) => {
    if (chosen.factor_type === 'phone' && !sentTo) {
      sentTo = await as('POST', 'factors/' + chosen.id + '/challenge', {})
      $('factor-code-part').hidden = false
      $('factor-code').required = true
      $('factor-go').textContent = t('Continue')
      $('factor-code').focus()
      return say('', t('A code is on its way to you.'))
    }
    const asked = sentTo
    if (asked) choose(chosen) // a challenge is used by its first answer
    await arrived(await prove(chosen, code, asked), afterSecond)
  })

  // ---- the account ----

  function row(list, text, remove) {
    const li = document.createElement('li')
    const name = document.createElement('span')
    const button = document.createElement('button')
    name.textContent = text
    button.textContent = t('Remove')
    button.setAttribute('aria-label', t('Remove {0}', text))
    press(button, remove)
    li.append(name, button)
    list.append(li)
  }

  let renew

  async function account() {
    const user = await as('GET', 'user')
    keep({ ...session, user })
    const passkeys = settings.passkeys_enabled ? await as('GET', 'passkeys') : []
    $('account-name').textContent = user.email || user.phone || user.id
    $('passkeys-part').hidden = !settings.passkeys_enabled || !window.PublicKeyCredential
    $('key-add').hidden = !window.PublicKeyCredential
    $('passkeys').replaceChildren()
    $('steps').replaceChildren()
    for (const p of passkeys) {
      row($('passkeys'), p.friendly_name || t('Passkey of {0}', new Date(p.created_at).toLocaleDateString(tongue)), async () => { await as('DELETE', 'passkeys/' + p.id); await account() })
    }
    for (const f of user.factors || []) {
      const codes = f.factor_type === 'recovery_code'
      if (f.status === 'verified') row($('steps'), nameOf(f), async () => { await as('DELETE', 'factors/' + (codes ? 'recovery-codes' : f.id)); await account() })
    }
    const proved = (user.factors || []).filter(f => f.status === 'verified').map(f => f.factor_type)
    const may = offered.split(' ')
    $('phone-add').hidden = !may.includes('phone')
    $('codes-add').hidden = !may.includes('recovery_code') || !proved.length
    $('codes-add').textContent = proved.includes('recovery_code') ? t('New recovery codes') : t('Make recovery codes')
    renew = proved.includes('recovery_code')
    show('account')
  }

  press($('app-add'), async () => {
    app = await as('POST', 'factors', { factor_type: 'totp', friendly_name: t('App of {0}', new Date().toISOString().slice(0, 19).replace('T', ' ')), issuer: title })
    show('app')
    $('app-key').textContent = app.totp.secret
    $('app-qr').src = 'data:image/svg+xml,' + encodeURIComponent(app.totp.qr_code)
  })

  let telephone, texted

  // texting shows the step of the code, or the one before it.
  function texting(sent) {
    texted = sent
    $('telephone-code-part').hidden = !sent
    $('telephone-code').required = !!sent
    $('telephone-number').readOnly = !!telephone
    $('telephone-go').textContent = sent ? t('Continue') : t('Send the code')
  }

  press($('phone-add'), async () => {
    telephone = null
    show('telephone')
    texting(null)
  })

  form('form-telephone', async ({ phone, code }) => {
    if (!texted) {
      telephone ||= await as('POST', 'factors', { factor_type: 'phone', phone })
      texting(await as('POST', 'factors/' + telephone.id + '/challenge', { channel: 'sms' }))
      $('telephone-code').value = ''
      $('telephone-code').focus()
      return say('', t('A code is on its way to you.'))
    }
    const asked = texted
    texting(null) // a challenge is used by its first answer
    keep(await prove(telephone, code, asked))
    await account()
    say('', t('The telephone is added.'))
  })

  press($('codes-add'), async () => {
    const { codes } = await as('POST', 'factors/recovery-codes' + (renew ? '/regenerate' : ''), {})
    show('codes')
    $('codes').replaceChildren(...codes.map(c => {
      const li = document.createElement('li')
      li.textContent = c.replace(/(.{4})(?=.)/g, '$1-')
      return li
    }))
  })
  press($('codes-kept'), account)

  form('form-app', async ({ code }) => {
    await arrived(await prove(app, code))
    say('', t('The app is added.'))
  })

  press($('app-cancel'), async () => {
    await as('DELETE', 'factors/' + app.id)
    await account()
  })

  press($('key-add'), async () => {
    const key = await as('POST', 'factors', { factor_type: 'webauthn', friendly_name: t('Key of {0}', new Date().toISOString().slice(0, 19).replace('T', ' ')) })
    try {
      keep(await prove(key))
    } catch (e) {
      await as('DELETE', 'factors/' + key.id)
      throw e
    }
    await account()
    say('', t('The security key is added.'))
  })

  document.querySelectorAll('.sign-out').forEach(b => press(b, async () => {
    const last = session
    keep(null)
    try { await call('POST', 'logout?scope=local', null, last.access_token) } catch { /* it is over already */ }
    show('sign-in')
    say('', t('You are signed out.'))
  }))

  // ---- consent ----

  const scopeWords = { openid: t('know that you are the same person'), email: t('see your e-mail address'), profile: t('see your name and picture'), phone: t('see your telephone number') }

  async function consent() {
    const id = query.get('authorization_id')
    let a
    try {
      a = await as('GET', 'oauth/authorizations/' + encodeURIComponent(id))
    } catch (e) {
      if (e.status === 404 || e.status === 400) return stop(words(e))
      throw e
    }
    if (a.redirect_url) return location.replace(a.redirect_url)
    $('consent-title').textContent = t('Let {0} in?', a.client.name)
    $('consent-text').textContent = t('{0} asks, as {1}, to', a.client.name + (a.client.uri ? ' (' + a.client.uri + ')' : ''), a.user.email || t('you'))
    $('consent-scopes').replaceChildren(...a.scope.split(' ').filter(Boolean).map(s => {
      const li = document.createElement('li')
      li.textContent = scopeWords[s] || s
      return li
    }))
    const where = new URL(a.redirect_uri)
    $('consent-where').textContent = t('You are sent to {0} then.', where.host || where.protocol)
    show('consent')
  }

  const decide = action => async () => {
    const { redirect_url } = await as('POST', 'oauth/authorizations/' + encodeURIComponent(query.get('authorization_id')) + '/consent', { action })
    location.replace(redirect_url)
  }
  press($('approve'), decide('approve'))
  press($('deny'), decide('deny'))

  // ---- the beginning ----

  document.querySelectorAll('[data-to]').forEach(b => b.addEventListener('click', () => {
    const mail = [...document.querySelectorAll('input[type=email]')].find(i => i.value && i.offsetParent)?.value
    show(b.dataset.to)
    if (mail) document.querySelectorAll('input[type=email]').forEach(i => { i.value = mail })
  }))
  document.querySelectorAll('.show').forEach(b => b.addEventListener('click', () => {
    const input = $(b.getAttribute('aria-controls'))
    const shown = input.type === 'password'
    input.type = shown ? 'text' : 'password'
    b.setAttribute('aria-pressed', String(shown))
  }))
  $('restart').addEventListener('click', () => {
    history.replaceState(null, '', home)
    query = new URLSearchParams()
    session ? account() : show('sign-in')
  })

  const providerNames = { google: 'Google', apple: 'Apple', azure: 'Microsoft', github: 'GitHub', gitlab: 'GitLab', discord: 'Discord', facebook: 'Facebook', linkedin_oidc: 'LinkedIn', slack_oidc: 'Slack', spotify: 'Spotify', twitch: 'Twitch', figma: 'Figma', zoom: 'Zoom', workos: 'WorkOS', keycloak: 'Keycloak' }

  function offer() {
    const { external } = settings
    document.querySelectorAll('.by-mail').forEach(e => { e.hidden = !external.email })
    document.querySelectorAll('.may-sign-up').forEach(e => { e.hidden = settings.disable_signup || !external.email })
    $('passkey-sign-in').hidden = !settings.passkeys_enabled || !window.PublicKeyCredential
    $('phone-sign-in').hidden = !external.phone
    const ways = Object.keys(external).filter(n => external[n] && !['email', 'phone', 'anonymous_users'].includes(n)).sort()
    for (const name of ways) {
      const b = document.createElement('button')
      b.className = 'wide'
      b.textContent = t('Continue with {0}', providerNames[name] || name)
      press(b, async () => {
        const f = await flow()
        location.assign(new URL('authorize?' + new URLSearchParams({ provider: name, redirect_to: f.back, ...challenge(f) }), api))
      })
      $('providers').append(b)
    }
    $('or').hidden = !external.email || $('passkey-sign-in').hidden && $('phone-sign-in').hidden && !ways.length
  }

  async function begin() {
    settings = await call('GET', 'settings')
    offer()
    const back = new URLSearchParams(location.hash.slice(1))
    const error = query.get('error_description') || back.get('error_description')
    const code = query.get('code')
    const id = query.get('flow')
    const view = query.get('view')
    if (code || error || id || location.hash) {
      // What has been used is in no history.
      const clean = new URL(location.href)
      for (const name of ['code', 'flow', 'error', 'error_code', 'error_description']) clean.searchParams.delete(name)
      clean.hash = ''
      history.replaceState(null, '', clean)
      query = clean.searchParams
    }
    if (error) return stop(inWords[new URLSearchParams(back).get('error_code')] || error)
    if (code) {
      const kept = JSON.parse(localStorage.getItem(flowPlace + id) || 'null')
      localStorage.removeItem(flowPlace + id)
      if (!kept) return stop(t('This link belongs to another browser. Open it where you began, or begin again here.'))
      return arrived(await call('POST', 'token?grant_type=pkce', { auth_code: code, code_verifier: kept.verifier }), view)
    }
    if (session) return arrived(session, view)
    show(['sign-up', 'recover', 'link', ...settings.external.phone ? ['phone'] : []].includes(view) ? view : 'sign-in')
  }

  translate()
  begin().catch(e => stop(words(e)))
})()
