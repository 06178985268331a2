// Show where a task stands.
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
		log.Fatal("usage: status TASK_ID")
	}
	task, err := shannon.FromEnvironment().Task(context.Background(), os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s  %s  %s\n", task.ID, task.Status, task.Mode)
	fmt.Printf("asked:   %s\n", task.Query)
	if task.Result != "" {
		fmt.Printf("answer:  %s\n", task.Result)
	}
	if task.Error != "" {
		fmt.Printf("error:   %s\n", task.Error)
	}
	if task.Usage != nil {
		fmt.Printf("tokens:  %d, by %s of %s\n", task.Usage.TotalTokens, task.ModelUsed, task.Provider)
	}
}
