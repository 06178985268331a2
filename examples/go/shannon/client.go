// Package shannon is a small client of the Shannon task API: what these examples need of it, and nothing else.
package shannon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"
)

// Status is where a task stands.
type Status string

// The states of a task. The last four are final.
const (
	Queued    Status = "TASK_STATUS_QUEUED"
	Running   Status = "TASK_STATUS_RUNNING"
	Paused    Status = "TASK_STATUS_PAUSED"
	Completed Status = "TASK_STATUS_COMPLETED"
	Failed    Status = "TASK_STATUS_FAILED"
	Cancelled Status = "TASK_STATUS_CANCELLED"
	TimedOut  Status = "TASK_STATUS_TIMEOUT"
)

// Ended reports whether the status will not change any more.
func (s Status) Ended() bool {
	switch s {
	case Completed, Failed, Cancelled, TimedOut:
		return true
	}
	return false
}

// Usage is what a task has cost so far.
type Usage struct {
	TotalTokens   int     `json:"total_tokens"`
	InputTokens   int     `json:"input_tokens"`
	OutputTokens  int     `json:"output_tokens"`
	EstimatedCost float64 `json:"estimated_cost"`
}

// Task is the record of a task.
type Task struct {
	ID        string    `json:"task_id"`
	Status    Status    `json:"status"`
	Query     string    `json:"query"`
	SessionID string    `json:"session_id"`
	Mode      string    `json:"mode"`
	Result    string    `json:"result"`
	Error     string    `json:"error"`
	ModelUsed string    `json:"model_used"`
	Provider  string    `json:"provider"`
	Usage     *Usage    `json:"usage"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// APIError is an answer that is not a success.
type APIError struct {
	StatusCode int
	Message    string
}

func (e *APIError) Error() string { return fmt.Sprintf("%d %s", e.StatusCode, e.Message) }

// Temporary reports whether the same request may succeed later.
func (e *APIError) Temporary() bool {
	return e.StatusCode >= 500 || e.StatusCode == http.StatusTooManyRequests
}

// Client talks to one server.
type Client struct {
	server string
	key    string
	http   *http.Client
}

// FromEnvironment is a client of the server that SHANNON_URL and SHANNON_API_KEY name.
func FromEnvironment() *Client {
	return &Client{
		server: environment("SHANNON_URL", "http://localhost:8080"),
		key:    environment("SHANNON_API_KEY", "sk_test_123456"),
		http:   &http.Client{},
	}
}

func environment(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

// Task reads a task.
func (c *Client) Task(ctx context.Context, id string) (*Task, error) {
	task := new(Task)
	return task, c.call(ctx, http.MethodGet, "/api/v1/tasks/"+url.PathEscape(id), nil, nil, task)
}

// Submission is a question. SessionID may be empty; IdempotencyKey makes it safe to send again.
type Submission struct {
	Query          string `json:"query"`
	SessionID      string `json:"session_id,omitempty"`
	IdempotencyKey string `json:"-"`
}

// Submit hands in a question and returns the id of its task.
func (c *Client) Submit(ctx context.Context, submission Submission) (string, error) {
	var accepted struct {
		TaskID string `json:"task_id"`
	}
	header := http.Header{}
	if submission.IdempotencyKey != "" {
		header.Set("Idempotency-Key", submission.IdempotencyKey)
	}
	err := c.call(ctx, http.MethodPost, "/api/v1/tasks", header, submission, &accepted)
	return accepted.TaskID, err
}

func (c *Client) call(ctx context.Context, method, path string, header http.Header, body, answer any) error {
	ctx, stop := context.WithTimeout(ctx, 10*time.Second)
	defer stop()
	var sent []byte
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return err
		}
	}
	request, err := c.request(ctx, method, path, header, sent)
	if err != nil {
		return err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return refusal(response)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

func (c *Client) request(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.server+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		request.Header[name] = values
	}
	request.Header.Set("X-API-Key", c.key)
	if len(body) > 0 {
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

func refusal(response *http.Response) error {
	var body struct {
		Error string `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		body.Error = response.Status
	}
	return &APIError{StatusCode: response.StatusCode, Message: body.Error}
}
