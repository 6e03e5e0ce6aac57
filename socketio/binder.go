package socketio

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
)

// binder decodes the arguments of an event into a value of one type.
type binder[In any] func(Args) (In, error)

var errMissingArgument = errors.New("missing")

// newBinder returns the binder of In. It panics if the tags of In are
// malformed.
func newBinder[In any]() binder[In] {
	if _, all := any(*new(In)).(Args); all {
		return func(args Args) (In, error) { return any(args).(In), nil }
	}
	t := reflect.TypeFor[In]()
	if fields := taggedFields(t); len(fields) > 0 {
		return func(args Args) (in In, err error) {
			err = bindFields(args, reflect.ValueOf(&in).Elem(), fields)
			return in, err
		}
	}
	if t.Kind() == reflect.Struct && t.NumField() == 0 {
		return func(Args) (in In, err error) { return in, nil }
	}
	optional := t.Kind() == reflect.Pointer
	return func(args Args) (in In, err error) {
		err = bindArgument(args, 0, &in, optional)
		return in, err
	}
}

// taggedField is a field of a struct that receives an argument.
type taggedField struct {
	index    int // of the field
	argument int
	optional bool
}

func taggedFields(t reflect.Type) (fields []taggedField) {
	of := t
	if t.Kind() == reflect.Pointer {
		of = t.Elem()
	}
	if of.Kind() != reflect.Struct {
		return nil
	}
	for _, field := range reflect.VisibleFields(of) {
		tag, ok := field.Tag.Lookup("arg")
		if !ok {
			continue
		}
		if of != t || len(field.Index) > 1 {
			panic(fmt.Sprintf("socketio: %v.%s: the tag arg:%q needs a struct that is not embedded and no pointer", t, field.Name, tag))
		}
		n, err := strconv.Atoi(tag)
		if err != nil || n < 0 || !field.IsExported() {
			panic(fmt.Sprintf("socketio: %v.%s: the tag arg:%q needs an exported field and a number from 0", t, field.Name, tag))
		}
		fields = append(fields, taggedField{index: field.Index[0], argument: n, optional: field.Type.Kind() == reflect.Pointer})
	}
	return fields
}

func bindFields(args Args, in reflect.Value, fields []taggedField) error {
	for _, f := range fields {
		if err := bindArgument(args, f.argument, in.Field(f.index).Addr().Interface(), f.optional); err != nil {
			return err
		}
	}
	return validate(in.Addr().Interface(), -1)
}

// bindArgument decodes an argument into the variable that ptr points to.
func bindArgument(args Args, i int, ptr any, optional bool) error {
	switch {
	case i < len(args):
		if err := bindValue(args[i], ptr, optional); err != nil {
			return &ArgumentError{Index: i, Err: err}
		}
	case optional:
		return nil
	default:
		return &ArgumentError{Index: i, Err: errMissingArgument}
	}
	return validate(ptr, i)
}

// bindValue decodes an argument. A pointer is set to a new variable, because
// Value.Bind accepts binary data only for the variable itself.
func bindValue(arg Value, ptr any, optional bool) error {
	if !optional {
		return arg.Bind(ptr)
	}
	if string(arg.JSON()) == "null" {
		return nil
	}
	pointer := reflect.ValueOf(ptr).Elem()
	pointer.Set(reflect.New(pointer.Type().Elem()))
	return arg.Bind(pointer.Interface())
}

// validate calls the method Validate of the variable that ptr points to.
func validate(ptr any, i int) error {
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
		return &ArgumentError{Index: i, Err: err}
	}
	return nil
}
