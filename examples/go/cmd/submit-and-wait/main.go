// Ask a question and wait for the answer. Questions of one session know each other.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"log"
	"time"

	"waybill.example/shannon/shannon"
)

func main() {
	log.SetFlags(0)
	session := flag.String("session", "", "questions of one session know each other")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: submit-and-wait [-session ID] QUESTION")
	}
	ctx := context.Background()
	client := shannon.FromEnvironment()

	id, err := client.Submit(ctx, shannon.Submission{
		Query:          flag.Arg(0),
		SessionID:      *session,
		IdempotencyKey: newKey(),
	})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("submitted %s", id)

	for delay := 100 * time.Millisecond; ; delay = min(delay*3/2, 5*time.Second) {
		task, err := client.Task(ctx, id)
		switch {
		case err != nil:
			log.Fatal(err)
		case task.Status == shannon.Completed:
			fmt.Println(task.Result)
			return
		case task.Status.Ended():
			log.Fatalf("%s: %s", task.Status, task.Error)
		}
		time.Sleep(delay)
	}
}

// newKey makes a submit that is sent again the same submit.
func newKey() string {
	bytes := make([]byte, 16)
	if _, err := rand.Read(bytes); err != nil {
		log.Fatal(err)
	}
	return hex.EncodeToString(bytes)
}
