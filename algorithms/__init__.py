"""What is computed: a picture and parameters in, a frozen result out."""
