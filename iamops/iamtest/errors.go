package iamtest

import (
	"errors"
	"fmt"
	"net/http"
)

// apiError is an answer of AWS that refuses a call.
type apiError struct {
	status        int
	code, message string
	resource      string // the type of what is missing, where Identity Store says so
}

// Error returns the code and the message.
func (e *apiError) Error() string { return e.code + ": " + e.message }

func refuse(status int, code, format string, args ...any) error {
	return &apiError{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// asAPIError is the answer for an error.
func asAPIError(err error) *apiError {
	if refused, ok := errors.AsType[*apiError](err); ok {
		return refused
	}
	return &apiError{status: http.StatusInternalServerError, code: "ServiceFailure", message: err.Error()}
}

func noSuchEntity(format string, args ...any) error {
	return refuse(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func alreadyExists(format string, args ...any) error {
	return refuse(http.StatusConflict, "EntityAlreadyExists", format, args...)
}

func limitExceeded(format string, args ...any) error {
	return refuse(http.StatusConflict, "LimitExceeded", format, args...)
}

func deleteConflict(message string) error {
	return refuse(http.StatusConflict, "DeleteConflict", "%s", message)
}

func invalidInput(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "InvalidInput", format, args...)
}

func malformedDocument(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

func unmodifiable(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "UnmodifiableEntity", format, args...)
}

func accessDenied(format string, args ...any) error {
	return refuse(http.StatusForbidden, "AccessDenied", format, args...)
}

func invalidToken() error {
	return refuse(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

// invalidValue is how the service answers a member that breaks the constraints
// of its model.
func invalidValue(member, format string, args ...any) error {
	return refuse(http.StatusBadRequest, "ValidationError",
		"1 validation error detected: Value at '%s' failed to satisfy constraint: %s", member, fmt.Sprintf(format, args...))
}

func invalid(format string, args ...any) error {
	return refuse(http.StatusBadRequest, "ValidationError", format, args...)
}
