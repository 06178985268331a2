// Follow a task live, event by event, over any number of broken connections. Prints one line for each event: its id,
// its name and its data. The last one is named done.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"waybill.example/shannon/shannon"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 2 {
		log.Fatal("usage: stream TASK_ID")
	}
	err := shannon.FromEnvironment().Follow(context.Background(), os.Args[1], func(event shannon.Event) error {
		_, err := fmt.Println(event.ID, event.Name, event.Data)
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
}
