module waybill.example/shannon

go 1.21
