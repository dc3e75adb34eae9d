package repo

// logStatements are those of the log of deliveries, and of what people do to it.
type logStatements struct {
	walks                    [walks]walked
	getDelivery, getAttempts *statement
	why                      *statement
	account, accounts        *statement
	getSecrets, rotateSecret *statement
	pause, resume            *statement
	countAgain, hooksAgain   *statement
	hasChanged, clock        *statement
	requeueOne, requeueMany  *statement
	remakes, remade          *statement
	countOrder, forget       *statement
	forgetAnswers            *statement
}

func newLogStatements(in func(text string) *statement) logStatements {
	return logStatements{
		walks:         newWalks(in),
		getDelivery:   in(getDeliverySQL),
		getAttempts:   in(getAttemptsSQL),
		why:           in(whySQL),
		account:       in(accountSQL),
		accounts:      in(accountsSQL),
		getSecrets:    in(getSecretsSQL),
		rotateSecret:  in(rotateSecretSQL),
		pause:         in(pauseSQL),
		resume:        in(resumeSQL),
		countAgain:    in(countAgainSQL),
		hasChanged:    in(hasChangedSQL),
		clock:         in(clockSQL),
		hooksAgain:    in(hooksAgainSQL),
		requeueOne:    in(requeueOneSQL),
		requeueMany:   in(requeueManySQL),
		remakes:       in(remakesSQL),
		remade:        in(remadeSQL),
		countOrder:    in(countOrderSQL),
		forget:        in(forgetSQL),
		forgetAnswers: in(forgetAnswersSQL),
	}
}
