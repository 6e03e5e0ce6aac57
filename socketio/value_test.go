package socketio

import (
	"reflect"
	"testing"
)

func TestBind_into_types_of_any_value(t *testing.T) {
	d, ok, err := receiveAll(`52-["e",{"a":[{"_placeholder":true,"num":1}]},[{"_placeholder":true,"num":0}],{"_placeholder":true,"num":0},null]`, []byte("x"), []byte("yz"))
	if err != nil || !ok {
		t.Fatal(err)
	}
	var object map[string]any
	var list []any
	if err := d.args.Bind(&object, &list); err != nil {
		t.Fatal(err)
	}
	if want := (map[string]any{"a": []any{Binary("yz")}}); !reflect.DeepEqual(object, want) {
		t.Errorf("got %#v, want %#v", object, want)
	}
	if want := []any{Binary("x")}; !reflect.DeepEqual(list, want) {
		t.Errorf("got %#v, want %#v", list, want)
	}
	if err := d.args[2].Bind(&object); err == nil {
		t.Errorf("Bind of binary to a map: got %v, want an error", object)
	}
	if err := d.args[3].Bind(&object); err != nil || object != nil {
		t.Errorf("Bind of null to a map: got %v, %v, want nil", object, err)
	}
	if err := d.args[0].Bind(&list); err == nil {
		t.Errorf("Bind of an object to a list: got %v, want an error", list)
	}
}
