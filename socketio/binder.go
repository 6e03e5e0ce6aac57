package socketio

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// binder decodes the arguments of an event into a value of one type.
type binder[In any] func(*Event) (In, error)

var errMissingArgument = errors.New("missing")

// newBinder returns the binder of In. It panics if the tags of In are
// malformed.
func newBinder[In any]() binder[In] {
	if _, all := any(*new(In)).(Args); all {
		return func(e *Event) (In, error) { return any(e.Args).(In), nil }
	}
	t := reflect.TypeFor[In]()
	if fields := taggedFields(t); len(fields) > 0 {
		return func(e *Event) (in In, err error) {
			err = bindFields(e, reflect.ValueOf(&in).Elem(), fields)
			return in, err
		}
	}
	if t.Kind() == reflect.Struct && t.NumField() == 0 {
		return func(*Event) (in In, err error) { return in, nil }
	}
	accept := acceptanceOf(t)
	return func(e *Event) (in In, err error) {
		err = bindArgument(e, 0, &in, accept)
		return in, err
	}
}

// acceptance is what a type accepts besides a value.
type acceptance struct{ missing, null bool }

var valueType, unmarshalerType = reflect.TypeFor[Value](), reflect.TypeFor[json.Unmarshaler]()

func acceptanceOf(t reflect.Type) acceptance {
	switch t.Kind() {
	case reflect.Pointer:
		return acceptance{missing: true, null: true}
	case reflect.Slice, reflect.Map, reflect.Interface:
		return acceptance{null: true}
	default:
		return acceptance{null: t == valueType || reflect.PointerTo(t).Implements(unmarshalerType)}
	}
}

// taggedField is a field of a struct that receives an argument.
type taggedField struct {
	index    int // of the field
	argument int
	accept   acceptance
}

func taggedFields(t reflect.Type) (fields []taggedField) {
	of := t
	if t.Kind() == reflect.Pointer {
		of = t.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil
	}
	seen := make(map[int]bool)
	for _, field := range reflect.VisibleFields(of) {
		tag, ok := field.Tag.Lookup("arg")
		if !ok {
			continue
		}
		if of != t || len(field.Index) > 1 {
			panic(fmt.Sprintf("socketio: %v.%s: the tag arg:%q needs a struct that is not embedded and no pointer", t, field.Name, tag))
		}
		n, err := strconv.Atoi(tag)
		if err != nil || n < 0 || seen[n] || !field.IsExported() {
			panic(fmt.Sprintf("socketio: %v.%s: the tag arg:%q needs an exported field and a number from 0 of its own", t, field.Name, tag))
		}
		seen[n] = true
		fields = append(fields, taggedField{index: field.Index[0], argument: n, accept: acceptanceOf(field.Type)})
	}
	return fields
}

func bindFields(e *Event, in reflect.Value, fields []taggedField) error {
	for _, f := range fields {
		if err := bindArgument(e, f.argument, in.Field(f.index).Addr().Interface(), f.accept); err != nil {
			return err
		}
	}
	return validate(e, in.Addr().Interface(), -1)
}

// bindArgument decodes an argument into the variable that ptr points to.
func bindArgument(e *Event, i int, ptr any, accept acceptance) error {
	switch {
	case i >= len(e.Args):
		if accept.missing {
			return nil
		}
		return &ArgumentError{Index: i, Err: errMissingArgument, of: e}
	case !accept.null && e.Args[i].isNull():
		return &ArgumentError{Index: i, Err: errMissingArgument, of: e}
	}
	if err := bindValue(e.Args[i], ptr, accept.missing); err != nil {
		return &ArgumentError{Index: i, Err: err, of: e}
	}
	return validate(e, ptr, i)
}

// bindValue decodes an argument. A pointer is set to a new variable, because
// Value.Bind accepts binary data only for the variable itself.
func bindValue(arg Value, ptr any, optional bool) error {
	if !optional {
		return arg.Bind(ptr)
	}
	if arg.isNull() {
		return nil
	}
	pointer := reflect.ValueOf(ptr).Elem()
	pointer.Set(reflect.New(pointer.Type().Elem()))
	return arg.Bind(pointer.Interface())
}

// validate calls the method Validate of the variable that ptr points to.
func validate(e *Event, ptr any, i int) error {
	if v := reflect.ValueOf(ptr).Elem(); v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return nil
		}
		ptr = v.Interface()
	}
	validator, ok := ptr.(interface{ Validate() error })
	if !ok {
		return nil
	}
	if err := validator.Validate(); err != nil {
		return &ArgumentError{Index: i, Err: err, of: e}
	}
	return nil
}
