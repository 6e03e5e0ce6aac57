package socketio

import (
	"reflect"
	"testing"
)

func TestBindingWhatCanHoldAnything(t *testing.T) {
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
		t.Errorf("binary was bound to a map: %v", object)
	}
	if err := d.args[3].Bind(&object); err != nil || object != nil {
		t.Errorf("null became %v, %v", object, err)
	}
	if err := d.args[0].Bind(&list); err == nil {
		t.Errorf("an object was bound to a list: %v", list)
	}
}
