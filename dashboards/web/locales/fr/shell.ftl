# L'habillage commun à toutes les pages.
brand-name = Vigie
skip-to-content = Aller au contenu
nav-label = Navigation principale
nav-alerts = Alertes
nav-trends = Tendances
nav-inbox = Boîte de réception
nav-inbox-short = Réception
nav-search = Recherche
nav-waiting = { $count ->
    [one] { $count } cas attend quelqu’un
   *[other] { $count } cas attendent quelqu’un
}
brand-picker = Marque affichée
brand-all = Toutes les marques
brand-choose = Afficher
language = Langue
theme = Apparence
theme-auto = Comme l’appareil
theme-light = Clair
theme-dark = Sombre
logout = Se déconnecter
menu = Réglages et compte
live-connecting = Connexion…
live-on = En direct
live-lost = Connexion perdue, nouvel essai…

login-title = Connexion
login-lead = Vigie veille sur ce qui se dit de vos marques.
login-name = Nom d’utilisateur
login-password = Mot de passe
login-submit = Se connecter
login-help = Mot de passe oublié ? Demandez un lien de connexion à la personne qui administre Vigie.
login-wrong = Ce nom et ce mot de passe ne vont pas ensemble. Vérifiez les deux et réessayez.
login-too-many = { $seconds ->
    [one] Trop d’essais. Réessayez dans { $seconds } seconde.
   *[other] Trop d’essais. Réessayez dans { $seconds } secondes.
}
login-link-lead = Ce lien vous connecte une seule fois, sans mot de passe.
login-link-open = Ouvrir Vigie
login-link-used = Ce lien a déjà servi ou a expiré. Connectez-vous avec votre mot de passe, ou demandez un nouveau lien.

error-back = Revenir aux alertes
error-not-found-title = Cette page n’existe pas.
error-not-found-text = L’adresse est peut-être incomplète, ou ce qu’elle montrait a été supprimé.
error-login-needed-title = Connectez-vous d’abord.
error-login-needed-text = Votre session est terminée ou n’a pas commencé.
error-form-expired-title = Ce formulaire a expiré.
error-form-expired-text = Rien n’a été changé. Revenez en arrière, rechargez la page et recommencez.
error-foreign-origin-title = Cette demande vient d’un autre site.
error-foreign-origin-text = Ouvrez Vigie à son adresse habituelle et recommencez depuis ses pages.
error-bad-request-title = Cette demande n’a pas été comprise.
error-bad-request-text = Une valeur manque ou n’a pas la bonne forme. Revenez en arrière et vérifiez ce que vous avez saisi.
error-conflict-title = Quelqu’un a été plus rapide.
error-conflict-text = Rechargez la page pour voir ce qui a changé, puis décidez à nouveau.
error-too-large-title = C’est trop grand.
error-too-large-text = Un envoi ne peut pas dépasser 1 Mo. Raccourcissez-le et recommencez.
error-too-many-tries-title = Trop d’essais.
error-too-many-tries-text = { $seconds ->
    [one] Réessayez dans { $seconds } seconde.
   *[other] Réessayez dans { $seconds } secondes.
}
error-unavailable-title = Une partie de Vigie ne répond pas.
error-unavailable-text = Le reste continue de fonctionner. Réessayez dans un instant ; si cela dure, « vigie check » dit ce qui manque.
error-internal-title = Quelque chose a échoué de notre côté.
error-internal-text = Rien de ce qui était confirmé n’est perdu. Réessayez ; si cela se répète, le journal du programme en dit plus.

time-just-now = à l’instant
time-ago = il y a { $duration }
time-minutes = { $minutes } min
time-hours = { $hours } h
time-hours-minutes = { $hours } h { $minutes }
time-days = { $days } j
