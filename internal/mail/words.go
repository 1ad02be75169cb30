package mail

// The project's own mails and text messages, in the languages that come along. What is here is put into the two layouts; what stands in braces is of the template language.

// words are those of one language.
type words struct {
	mails map[string]mailWords
	code  string // before a code, beside a link
	only  string // before a code, where there is no link
	other string // what to do where it was not the reader
	sms   string
}

type mailWords struct {
	subject, title string
	press          string // what the button is for
	open           string // likewise of the link of plain text
	button         string // "" where there is a code alone
}

// built are the languages by their tags (RFC 5646).
var built = map[string]words{
	"en": {
		code: "Or type this code:", only: "Your code:", other: "If this was not you, there is nothing to do.", sms: "Your code is {{ .Code }}",
		mails: map[string]mailWords{
			"confirmation": {
				"Confirm your address", "Confirm your address", "Press the button to confirm that {{ .Email }} is yours.",
				"To confirm that {{ .Email }} is yours, open this link:", "Confirm",
			},
			"recovery": {
				"Reset your password", "Reset your password", "Press the button to sign in and choose a new password for {{ .Email }}.",
				"To sign in and choose a new password for {{ .Email }}, open this link:", "Reset the password",
			},
			"magic_link": {
				"Your link to sign in", "Sign in", "Press the button to sign in as {{ .Email }}.", "To sign in as {{ .Email }}, open this link:", "Sign in",
			},
			"invite": {
				"You have been invited", "You have been invited", "You have been invited to {{ .SiteURL }}. Press the button to accept.",
				"You have been invited to {{ .SiteURL }}. To accept, open this link:", "Accept",
			},
			"email_change": {
				"Confirm your new address", "Confirm your new address", "Press the button to change your address from {{ .Email }} to {{ .NewEmail }}.",
				"To change your address from {{ .Email }} to {{ .NewEmail }}, open this link:", "Confirm the change",
			},
			"reauthentication": {
				"{{ .Token }} is your code", "Confirm that it is you", "Type this code to go on with what you have begun.", "Type this code to go on with what you have begun.", "",
			},
		},
	},
	"de": {
		code: "Oder geben Sie diesen Code ein:", only: "Ihr Code:", other: "Wenn Sie das nicht waren, brauchen Sie nichts zu tun.", sms: "Ihr Code ist {{ .Code }}",
		mails: map[string]mailWords{
			"confirmation": {
				"Bestätigen Sie Ihre Adresse", "Bestätigen Sie Ihre Adresse", "Bestätigen Sie mit dem Knopf, dass {{ .Email }} Ihre Adresse ist.",
				"Um zu bestätigen, dass {{ .Email }} Ihre Adresse ist, öffnen Sie diesen Link:", "Bestätigen",
			},
			"recovery": {
				"Ihr neues Passwort", "Neues Passwort", "Mit dem Knopf melden Sie sich an und wählen ein neues Passwort für {{ .Email }}.",
				"Um sich anzumelden und ein neues Passwort für {{ .Email }} zu wählen, öffnen Sie diesen Link:", "Passwort wählen",
			},
			"magic_link": {
				"Ihr Link zum Anmelden", "Anmelden", "Mit dem Knopf melden Sie sich als {{ .Email }} an.", "Um sich als {{ .Email }} anzumelden, öffnen Sie diesen Link:", "Anmelden",
			},
			"invite": {
				"Sie sind eingeladen", "Sie sind eingeladen", "Sie sind zu {{ .SiteURL }} eingeladen. Mit dem Knopf nehmen Sie an.",
				"Sie sind zu {{ .SiteURL }} eingeladen. Um anzunehmen, öffnen Sie diesen Link:", "Annehmen",
			},
			"email_change": {
				"Bestätigen Sie Ihre neue Adresse", "Bestätigen Sie Ihre neue Adresse", "Mit dem Knopf ändern Sie Ihre Adresse von {{ .Email }} in {{ .NewEmail }}.",
				"Um Ihre Adresse von {{ .Email }} in {{ .NewEmail }} zu ändern, öffnen Sie diesen Link:", "Änderung bestätigen",
			},
			"reauthentication": {
				"{{ .Token }} ist Ihr Code", "Bestätigen Sie, dass Sie es sind", "Geben Sie diesen Code ein, um fortzufahren.", "Geben Sie diesen Code ein, um fortzufahren.", "",
			},
		},
	},
	"fr": {
		code: "Ou saisissez ce code :", only: "Votre code :", other: "Si ce n’était pas vous, vous n’avez rien à faire.", sms: "Votre code est {{ .Code }}",
		mails: map[string]mailWords{
			"confirmation": {
				"Confirmez votre adresse", "Confirmez votre adresse", "Appuyez sur le bouton pour confirmer que {{ .Email }} est votre adresse.",
				"Pour confirmer que {{ .Email }} est votre adresse, ouvrez ce lien :", "Confirmer",
			},
			"recovery": {
				"Votre nouveau mot de passe", "Nouveau mot de passe", "Appuyez sur le bouton pour vous connecter et choisir un nouveau mot de passe pour {{ .Email }}.",
				"Pour vous connecter et choisir un nouveau mot de passe pour {{ .Email }}, ouvrez ce lien :", "Choisir un mot de passe",
			},
			"magic_link": {
				"Votre lien de connexion", "Connexion", "Appuyez sur le bouton pour vous connecter en tant que {{ .Email }}.",
				"Pour vous connecter en tant que {{ .Email }}, ouvrez ce lien :", "Se connecter",
			},
			"invite": {
				"Vous êtes invité", "Vous êtes invité", "Vous êtes invité à rejoindre {{ .SiteURL }}. Appuyez sur le bouton pour accepter.",
				"Vous êtes invité à rejoindre {{ .SiteURL }}. Pour accepter, ouvrez ce lien :", "Accepter",
			},
			"email_change": {
				"Confirmez votre nouvelle adresse", "Confirmez votre nouvelle adresse", "Appuyez sur le bouton pour remplacer votre adresse {{ .Email }} par {{ .NewEmail }}.",
				"Pour remplacer votre adresse {{ .Email }} par {{ .NewEmail }}, ouvrez ce lien :", "Confirmer le changement",
			},
			"reauthentication": {
				"{{ .Token }} est votre code", "Confirmez que c’est vous", "Saisissez ce code pour continuer.", "Saisissez ce code pour continuer.", "",
			},
		},
	},
	"es": {
		code: "O escriba este código:", only: "Su código:", other: "Si no ha sido usted, no tiene que hacer nada.", sms: "Su código es {{ .Code }}",
		mails: map[string]mailWords{
			"confirmation": {
				"Confirme su dirección", "Confirme su dirección", "Pulse el botón para confirmar que {{ .Email }} es su dirección.",
				"Para confirmar que {{ .Email }} es su dirección, abra este enlace:", "Confirmar",
			},
			"recovery": {
				"Su nueva contraseña", "Nueva contraseña", "Pulse el botón para iniciar sesión y elegir una nueva contraseña para {{ .Email }}.",
				"Para iniciar sesión y elegir una nueva contraseña para {{ .Email }}, abra este enlace:", "Elegir contraseña",
			},
			"magic_link": {
				"Su enlace para iniciar sesión", "Iniciar sesión", "Pulse el botón para iniciar sesión como {{ .Email }}.", "Para iniciar sesión como {{ .Email }}, abra este enlace:", "Iniciar sesión",
			},
			"invite": {
				"Tiene una invitación", "Tiene una invitación", "Le han invitado a {{ .SiteURL }}. Pulse el botón para aceptar.",
				"Le han invitado a {{ .SiteURL }}. Para aceptar, abra este enlace:", "Aceptar",
			},
			"email_change": {
				"Confirme su nueva dirección", "Confirme su nueva dirección", "Pulse el botón para cambiar su dirección de {{ .Email }} a {{ .NewEmail }}.",
				"Para cambiar su dirección de {{ .Email }} a {{ .NewEmail }}, abra este enlace:", "Confirmar el cambio",
			},
			"reauthentication": {
				"{{ .Token }} es su código", "Confirme que es usted", "Escriba este código para continuar.", "Escriba este código para continuar.", "",
			},
		},
	},
}
